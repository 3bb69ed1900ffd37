import { storage } from '@wxt-dev/storage';
import * as z from 'zod/mini';
import { Credentials, Server, ServerUrl } from './server';

/** The servers that the user added, in the order of adding. */
const servers = storage.defineItem<unknown>('local:servers', { fallback: [] });
/** Passwords that the user chose to store. On this device only, never synced. */
const credentials = storage.defineItem<unknown>('local:credentials', { fallback: {} });
/** The server whose permission prompt is open: Firefox closes the popup then, and the background finishes the adding. */
const pending = storage.defineItem<unknown>('session:pending-server', { fallback: null });

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

/** Removes a server and its password. @returns the servers that remain */
export function deleteServer(url: ServerUrl): Promise<Server[]> {
  return exclusively(async () => {
    const remaining = (await getServers()).filter((server) => server.url !== url);
    await servers.setValue(remaining);
    const { [url]: _, ...others } = await getAllCredentials();
    await credentials.setValue(others);
    return remaining;
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

export function setPendingServer(url: ServerUrl | null): Promise<void> {
  return pending.setValue(url);
}

export async function getPendingServer(): Promise<ServerUrl | undefined> {
  return z.safeParse(ServerUrl, await pending.getValue()).data;
}

async function getAllCredentials(): Promise<Record<string, Credentials>> {
  return z.safeParse(CredentialsByServer, await credentials.getValue()).data ?? {};
}

/** One change at a time, across the background and every page. */
function exclusively<T>(change: () => Promise<T>): Promise<T> {
  return navigator.locks.request('servers', change);
}
