import { storage } from '@wxt-dev/storage';
import * as z from 'zod/mini';
import { Credentials, Server, ServerUrl } from './server';

/** The servers that the user added, in the order of adding. */
const servers = storage.defineItem<unknown>('local:servers', { fallback: [] });
/** Passwords that the user chose to store. On this device only, never synced. */
const credentials = storage.defineItem<unknown>('local:credentials', { fallback: {} });
/** What waits for the answer to a permission prompt: Firefox closes the popup then, and the background finishes the adding. */
const pending = storage.defineItem<unknown>('session:pending-addition', { fallback: null });

/** A server to be added, and whether the sign-in that was offered shall go on there. */
const Addition = z.object({ url: ServerUrl, finishOffered: z.boolean() });
export type Addition = z.infer<typeof Addition>;

const Servers = z.array(Server);
const CredentialsByServer = z.record(z.string(), Credentials);

export async function getServers(): Promise<Server[]> {
  return z.safeParse(Servers, await servers.getValue()).data ?? [];
}

/** Adds a server at the end; does nothing if it is there already. */
export function saveServer(url: ServerUrl): Promise<void> {
  return exclusively(async () => {
    const known = await getServers();
    if (!known.some((server) => server.url === url)) await servers.setValue([...known, { url }]);
  });
}

export async function getServer(url: ServerUrl): Promise<Server | undefined> {
  return (await getServers()).find((server) => server.url === url);
}

/** Changes what is known about a server; an `undefined` member is forgotten. */
export function updateServer(url: ServerUrl, change: Omit<Partial<Server>, 'url'>): Promise<void> {
  return exclusively(async () => {
    const all = await getServers();
    await servers.setValue(all.map((server) => (server.url === url ? { ...server, ...change } : server)));
  });
}

/** Everything that was known about a server that the user removed, and its place in the list. */
export interface RemovedServer {
  server: Server;
  index: number;
  credentials: Credentials | undefined;
}

/** Removes a server and its password. @returns what `restoreServer` takes */
export function deleteServer(url: ServerUrl): Promise<RemovedServer | undefined> {
  return exclusively(async () => {
    const all = await getServers();
    const index = all.findIndex((server) => server.url === url);
    const server = all[index];
    if (!server) return undefined;
    const { [url]: own, ...others } = await getAllCredentials();
    await servers.setValue(all.toSpliced(index, 1));
    await credentials.setValue(others);
    return { server, index, credentials: own };
  });
}

/** Takes a removal back. */
export function restoreServer({ server, index, credentials: own }: RemovedServer): Promise<void> {
  return exclusively(async () => {
    const all = await getServers();
    if (all.some((other) => other.url === server.url)) return;
    await servers.setValue(all.toSpliced(index, 0, server));
    if (own) await credentials.setValue({ ...(await getAllCredentials()), [server.url]: own });
  });
}

export async function getCredentials(url: ServerUrl): Promise<Credentials | undefined> {
  return (await getAllCredentials())[url];
}

/** Stores a server's credentials, or forgets them when given none. */
export function saveCredentials(url: ServerUrl, given: Credentials | undefined): Promise<void> {
  return exclusively(async () => {
    const { [url]: _, ...others } = await getAllCredentials();
    await credentials.setValue(given ? { ...others, [url]: given } : others);
  });
}

export function setPendingAddition(addition: Addition | null): Promise<void> {
  return pending.setValue(addition);
}

export async function getPendingAddition(): Promise<Addition | undefined> {
  return z.safeParse(Addition, await pending.getValue()).data;
}

async function getAllCredentials(): Promise<Record<string, Credentials>> {
  return z.safeParse(CredentialsByServer, await credentials.getValue()).data ?? {};
}

/** One change at a time, across the background and every page. */
function exclusively<T>(change: () => Promise<T>): Promise<T> {
  return navigator.locks.request('servers', change);
}
