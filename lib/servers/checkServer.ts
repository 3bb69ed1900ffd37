import type { Failure } from '../opencode/failure';
import { identifyServer } from '../opencode/identifyServer';
import { dropHostPermission } from './hostPermission';
import { type ServerUrl, urlAndParents } from './server';
import { deleteServer, getServers, saveServer, setPendingServer } from './serverStore';

/** What stands at a server's URL. */
export type ServerCheck =
  | { kind: 'found'; url: ServerUrl; version: string }
  | { kind: 'not-found'; url: ServerUrl; failure: Failure; kept: boolean };

/** Looks for opencode at a URL. */
export async function checkServer(url: ServerUrl): Promise<ServerCheck> {
  const identification = await identifyServer(url);
  if (identification.kind === 'opencode') return { kind: 'found', url, version: identification.server.version };
  return { kind: 'not-found', url, failure: identification.failure, kept: true };
}

/**
 * Looks for opencode at a URL and at the folders above it, and keeps the server where it is found. A server that asks
 * for a login is kept too: opencode may well be behind it. Otherwise the host's permission is given back.
 */
export async function addServer(url: ServerUrl): Promise<ServerCheck> {
  const check = await checkWithParents(url);
  await setPendingServer(null);
  if (check.kind === 'found' || mayBeOpencode(check.failure)) {
    await saveServer(check.url);
    return check;
  }
  const remaining = (await getServers()).map((server) => server.url);
  await dropHostPermission(url, remaining);
  return { ...check, kept: remaining.includes(url) };
}

export async function removeServer(url: ServerUrl): Promise<void> {
  const remaining = await deleteServer(url);
  await dropHostPermission(
    url,
    remaining.map((server) => server.url),
  );
}

async function checkWithParents(url: ServerUrl): Promise<ServerCheck> {
  const asTyped = await checkServer(url);
  if (asTyped.kind === 'found' || asTyped.failure.name !== 'not-opencode') return asTyped;
  for (const parent of urlAndParents(url).slice(1)) {
    const check = await checkServer(parent);
    if (check.kind === 'found') return check;
  }
  return asTyped;
}

function mayBeOpencode(failure: Failure): boolean {
  return failure.name === 'password-required' || failure.name === 'login-required';
}
