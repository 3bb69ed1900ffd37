import { asksForLogin, type Failure } from '../opencode/failure';
import { openSession } from '../opencode/session';
import { dropUnusedHosts } from '../servers/hostPermission';
import { readPolicy } from '../servers/managedPolicy';
import type { Credentials } from '../servers/server';
import { getServers, saveCredentials, saveServer, setPendingAddition } from '../servers/serverStore';
import { framesOf } from '../servers/serverTab';
import { placesNear, type ServerUrl } from '../servers/serverUrl';
import { isChatGptInUse } from './connections';

/** What stands at a server's URL. */
export type ServerCheck =
  | { kind: 'found'; url: ServerUrl; version: string; connected: boolean | undefined }
  | { kind: 'not-found'; url: ServerUrl; failure: Failure; kept: boolean };

/** Looks for opencode at a URL, and whether it is signed in to ChatGPT. */
export async function checkServer(url: ServerUrl): Promise<ServerCheck> {
  const session = await openSession(url);
  if ('name' in session) return { kind: 'not-found', url, failure: session, kept: true };
  return { kind: 'found', url, version: session.version, connected: await isChatGptInUse(session) };
}

/** Stores a server's credentials, or forgets them, and looks what stands there with them. */
export async function changeCredentials(url: ServerUrl, credentials: Credentials | undefined): Promise<ServerCheck> {
  await saveCredentials(url, credentials);
  return checkServer(url);
}

/**
 * Looks for opencode at a URL, near it (`placesNear`), and near what a page that is open there has in frames; and keeps the server where it is found. A server that asks
 * for a login is kept too: opencode may well be behind it. Otherwise the host's permission is given back.
 */
export async function addServer(url: ServerUrl): Promise<ServerCheck> {
  await setPendingAddition(null);
  const { policy } = await readPolicy();
  const check: ServerCheck = policy.allowOtherServers
    ? await checkNear(url)
    : { kind: 'not-found', url, failure: { name: 'forbidden-by-policy' }, kept: false };
  if (check.kind === 'found' || asksForLogin(check.failure)) {
    await saveServer({ url: check.url });
    return check;
  }
  const known = await getServers();
  await dropUnusedHosts(known);
  return { ...check, kept: known.some((server) => server.url === url) };
}

async function checkNear(url: ServerUrl): Promise<ServerCheck> {
  const asTyped = await checkServer(url);
  if (asTyped.kind === 'found' || asTyped.failure.name !== 'not-opencode') return asTyped;
  const shown = await framesOf(url);
  const places = [url, ...shown].flatMap(placesNear).slice(1);
  for (const place of new Set(places)) {
    const check = await checkServer(place);
    if (check.kind === 'found') return check;
    // What does not answer at one place keeps silent at others too, and a page can name many.
    if (check.failure.name === 'server-unreachable' && !check.failure.detail) break;
  }
  return asTyped;
}
