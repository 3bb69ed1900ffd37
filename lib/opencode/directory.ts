import { storage } from '@wxt-dev/storage';
import * as z from 'zod/mini';
import type { ServerUrl } from '../servers/server';
import { getServers } from '../servers/serverStore';

/**
 * The directory that each server's last sign-in was started for. opencode keeps one waiting sign-in for each project, and
 * its callback endpoint knows only that of the directory that it is called with (measured, 1.18.33).
 */
const directories = storage.defineItem<unknown>('session:directories', { fallback: {} });

const Directories = z.record(z.string(), z.string());
const HEADER = 'x-opencode-directory';

/** A server's web UI has asked for a sign-in: remembers for which directory, in the words that it used. */
export async function noteDirectory(request: {
  url: string;
  requestHeaders?: { name: string; value?: string | undefined }[] | undefined;
}): Promise<void> {
  const server = (await getServers()).find(({ url }) => request.url.startsWith(`${url}/provider/`));
  if (!server) return;
  const header = request.requestHeaders?.find(({ name }) => name.toLowerCase() === HEADER)?.value;
  const query = new URL(request.url).searchParams.get('directory');
  const directory = header ?? (query ? encodeURIComponent(query) : undefined);
  const { [server.url]: _, ...others } = await read();
  await directories.setValue(directory === undefined ? others : { ...others, [server.url]: directory });
}

/** The directory of a server's last sign-in, as the header's value; undefined for the server's own. */
export async function lastDirectory(server: ServerUrl): Promise<string | undefined> {
  return (await read())[server];
}

/** The header that names a directory to opencode. */
export function directoryHeader(directory: string | undefined): Record<string, string> {
  return directory === undefined ? {} : { [HEADER]: directory };
}

async function read(): Promise<Record<string, string>> {
  return z.safeParse(Directories, await directories.getValue()).data ?? {};
}
