import * as z from 'zod/mini';
import { credentials, pendingAddition, servers } from '../storage';
import { type PolicyReading, readPolicy } from './managedPolicy';
import { Credentials, Server } from './server';
import { ServerUrl } from './serverUrl';

/** A server to be added, and whether the sign-in that was offered shall go on there. */
const Addition = z.object({ url: ServerUrl, finishOffered: z.boolean() });
export type Addition = z.infer<typeof Addition>;

/**
 * The item of a server: two devices that add one each keep both, and an item stays far below the browsers' 8 kB. One with
 * another version was written by a release that this one does not know: it is left alone.
 */
const StoredServer = z.object({ version: z.literal(1), addedAt: z.number(), server: Server });
type StoredServer = z.infer<typeof StoredServer>;
const CredentialsByServer = z.record(z.string(), Credentials);

/** A server, and whether an administrator has set it. */
export type KnownServer = Server & { managed?: true };

/**
 * Every server that sign-ins can go to: the administrator's first, then the user's in the order of adding.
 * @param reading the policy, where it is known already
 */
export async function getServers(reading?: PolicyReading): Promise<KnownServer[]> {
  const [{ policy }, items] = await Promise.all([reading ?? readPolicy(), readOwn()]);
  const managed = policy.servers.map((server) => ({ ...server, managed: true as const }));
  if (!policy.allowOtherServers) return managed;
  const own = items.map(({ server }) => server);
  return [...managed, ...own.filter(({ url }) => !managed.some((server) => server.url === url))];
}

export async function getServer(url: ServerUrl): Promise<KnownServer | undefined> {
  return (await getServers()).find((server) => server.url === url);
}

/** What servers are known by: their URLs, in the same order. */
export async function getServerUrls(): Promise<ServerUrl[]> {
  return (await getServers()).map(({ url }) => url);
}

/** Adds a server at the end; does nothing if it is there already. */
export function saveServer(server: Server): Promise<void> {
  return exclusively(async () => {
    const all = await readOwn();
    if (all.some((item) => item.server.url === server.url)) return;
    const addedAt = Math.max(Date.now(), 1 + (all.at(-1)?.addedAt ?? 0));
    await writeItem({ version: 1, addedAt, server });
  });
}

/** Changes what is known about a server; an `undefined` member is forgotten. */
export function updateServer(url: ServerUrl, change: Omit<Partial<Server>, 'url'>): Promise<void> {
  return exclusively(async () => {
    const item = await readItem(url);
    if (item) await writeItem({ ...item, server: { ...item.server, ...change } });
  });
}

/** Everything that was known about a server that the user removed, and its place in the list. */
export interface RemovedServer {
  server: Server;
  addedAt: number;
  index: number;
  credentials: Credentials | undefined;
}

/** Removes a server and its password. @returns what `restoreServer` takes */
export function deleteServer(url: ServerUrl): Promise<RemovedServer | undefined> {
  return exclusively(async () => {
    const item = await readItem(url);
    if (!item) return undefined;
    const index = (await getServers()).findIndex((server) => server.url === url);
    const { [url]: own, ...others } = await getAllCredentials();
    await servers.removeValues(url);
    await credentials.setValue(others);
    return { server: item.server, addedAt: item.addedAt, index, credentials: own };
  });
}

/** Takes a removal back. */
export function restoreServer({ server, addedAt, credentials: own }: RemovedServer): Promise<void> {
  return exclusively(async () => {
    if (await readItem(server.url)) return;
    await writeItem({ version: 1, addedAt, server });
    if (own) await credentials.setValue({ ...(await getAllCredentials()), [server.url]: own });
  });
}

export async function getCredentials(url: ServerUrl): Promise<Credentials | undefined> {
  return (await getAllCredentials())[url];
}

/** Stores a server's credentials, if it is one; or forgets them when given none. */
export function saveCredentials(url: ServerUrl, given: Credentials | undefined): Promise<void> {
  return exclusively(async () => {
    const { [url]: _, ...others } = await getAllCredentials();
    await credentials.setValue(given && (await getServer(url)) ? { ...others, [url]: given } : others);
  });
}

/** The servers have changed, perhaps on another device: passwords of those that are gone are forgotten. */
export function forgetCredentialsOfOthers(): Promise<void> {
  return exclusively(async () => {
    const known = await getServerUrls();
    const all = Object.entries(await getAllCredentials());
    const kept = all.filter(([url]) => known.includes(url as ServerUrl));
    if (kept.length < all.length) await credentials.setValue(Object.fromEntries(kept));
  });
}

/** Firefox closes the popup while it asks for a permission: the background finishes the adding. */
export function setPendingAddition(addition: Addition | null): Promise<void> {
  return pendingAddition.setValue(addition);
}

export async function getPendingAddition(): Promise<Addition | undefined> {
  return Addition.safeParse(await pendingAddition.getValue()).data;
}

async function readOwn(): Promise<StoredServer[]> {
  const items = (await servers.getValues()).flatMap((item) => StoredServer.safeParse(item).data ?? []);
  return items.sort((a, b) => a.addedAt - b.addedAt);
}

async function readItem(url: ServerUrl): Promise<StoredServer | undefined> {
  return (await readOwn()).find(({ server }) => server.url === url);
}

async function writeItem(item: StoredServer): Promise<void> {
  await servers.setValues({ [item.server.url]: item });
}

async function getAllCredentials(): Promise<Record<string, Credentials>> {
  return CredentialsByServer.safeParse(await credentials.getValue()).data ?? {};
}

/** One change at a time, across the background and every page. */
function exclusively<T>(change: () => Promise<T>): Promise<T> {
  return navigator.locks.request('servers', change);
}
