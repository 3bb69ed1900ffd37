import { browser } from 'wxt/browser';
import * as z from 'zod/mini';
import { isConnectionRefused } from '../browser/differences';
import { pathOf, seenMethod, seenRedirectUri } from '../methods/capabilities';
import { lastDirectory, targetOf, type WebUiStart, webUiStarts } from '../methods/webUi';
import { type AuthorizationRequest, plainState } from '../oauth/authorizationRequest';
import { type CallbackUrl, digestOf, parseAuthorizationResponse } from '../oauth/authorizationResponse';
import { parseLoopbackRedirectUri } from '../oauth/loopbackRedirectUri';
import { getServerUrls } from '../servers/serverStore';
import type { ServerUrl } from '../servers/serverUrl';
import { unclaimedResponses } from '../storage';
import { forgetOfferedSignIn, getOfferedSignIn, type OfferedSignIn } from './offeredSignIn';
import { advance } from './progress';
import { getSignIns } from './signInStore';
import { findSignIn, startSignIn } from './startSignIn';
import { capture, SIGN_IN_LIFE_MS } from './transitions';

/**
 * Responses that came back to this machine, where nothing listened, from sign-ins that this browser did not see start
 * (a link copied from a terminal, another profile). By id.
 */
const Unclaimed = z.record(z.string(), z.object({ url: z.string(), arrivedAt: z.number() }));

/** A page may lead the browser to such URLs as often as it likes. */
const MOST_KEPT = 10;

/**
 * Offers the user to send a response on. Only what failed to connect is ever offered, and looks like the response of a sign-in
 * that an opencode server could be waiting for, and was not taken before.
 */
export async function offerUnclaimed(failed: { url: string; tabId: number; error: string }): Promise<void> {
  const response = isConnectionRefused(failed.error) ? await readResponse(failed.url) : undefined;
  if (!response || (await wasTaken(response.callbackUrl))) return;
  const isOffered = (await offeredFor(response)) !== undefined;
  if (!isOffered && (await destinationsOf(response)).servers.length === 0) return;
  let id: string = crypto.randomUUID();
  await changeUnclaimed((all) => {
    // Right after its start Chromium may report one navigation twice.
    id = Object.keys(all).find((known) => all[known]?.url === failed.url) ?? id;
    const newest = Object.entries(all).sort(([, a], [, b]) => b.arrivedAt - a.arrivedAt);
    const kept = Object.fromEntries(newest.slice(0, MOST_KEPT - 1));
    return { ...kept, [id]: { url: failed.url, arrivedAt: Date.now() } };
  });
  await browser.tabs.update(failed.tabId, { url: browser.runtime.getURL(`/callback.html#unclaimed-${id}`) });
}

/** Whether a response was taken before: its sign-in is under way, or has ended. */
async function wasTaken(callbackUrl: string): Promise<boolean> {
  const digest = await digestOf(callbackUrl);
  return (await getSignIns()).some(({ arrival }) => arrival?.digest === digest);
}

/** Drops the responses that are too old to be of use. */
export function forgetOldUnclaimed(): Promise<void> {
  return changeUnclaimed((all) => all);
}

/** When the next response will be too old or was, in milliseconds since the epoch; infinity when none is kept. */
export async function nextUnclaimedExpiry(): Promise<number> {
  return Math.min(...Object.values(await readAll()).map(({ arrivedAt }) => arrivedAt)) + SIGN_IN_LIFE_MS;
}

/** What the page that offers an unclaimed response learns of it. */
export interface UnclaimedView {
  /** The servers that it may be sent to. */
  servers: ServerUrl[];
  /**
   * Why it belongs to the first of them by all that is known: its `state` is that of a sign-in that waits there, or the last
   * one that comes back to its address has its `start` there.
   */
  because: 'state' | 'start' | undefined;
  /** The page that its sign-in started on, when that is no server of the user's yet. */
  startedOn: ServerUrl | undefined;
}

/** What the page that offers an unclaimed response says of it; undefined when the response is gone. */
export async function describeUnclaimed(id: string): Promise<UnclaimedView | undefined> {
  const response = await findResponse(id);
  if (!response) return undefined;
  const startedOn = (await offeredFor(response))?.startedOn;
  return { ...(await destinationsOf(response)), startedOn };
}

/**
 * Where a response may be sent: the server of a sign-in that was seen to start there comes first. To the redirect URI of the
 * method that is seen at the provider, a sign-in of any server may have come back. Any other leads to the server whose sign-in
 * has named it, and to no other: a page can make up any.
 */
async function destinationsOf({ expected }: ReadResponse): Promise<Pick<UnclaimedView, 'servers' | 'because'>> {
  const servers = await getServerUrls();
  const signIn = findSignIn(await getSignIns(), expected);
  if (signIn) return { servers: servers.filter((url) => url === signIn.server), because: 'state' };
  const started = await startedLast(servers, expected);
  if (expected.redirectUri !== seenRedirectUri) return { servers: started ? [started.server] : [], because: 'start' };
  if (!started) return { servers, because: undefined };
  return { servers: [started.server, ...servers.filter((url) => url !== started.server)], because: 'start' };
}

/**
 * Makes a response that the user sends to a server into a sign-in of that server, captured already.
 * @returns the sign-in's id, or undefined when the response is gone
 */
export async function claimFor({ id, server }: { id: string; server: ServerUrl }): Promise<string | undefined> {
  const response = await findResponse(id);
  if (!response || !(await destinationsOf(response)).servers.includes(server)) return undefined;
  if (await offeredFor(response)) await forgetOfferedSignIn();
  const digest = await digestOf(response.callbackUrl);
  const known = findSignIn(await getSignIns(), response.expected)?.id;
  const signIn = known ?? (await startClaimed(response.expected, server));
  if (signIn === undefined) return undefined;
  await advance(signIn, (current) => capture(current, response.callbackUrl, Date.now(), { digest }));
  await forgetUnclaimed(id);
  return signIn;
}

async function startClaimed(expected: AuthorizationRequest, server: ServerUrl): Promise<string | undefined> {
  const started = (await startedLast([server], expected))?.start;
  const target = started && started.path !== pathOf(seenMethod) ? targetOf(started) : undefined;
  return startSignIn(expected, {
    ...{ server, binding: { kind: 'user' } },
    ...(target
      ? { target, directory: started?.directory, heldBy: 'web-ui' }
      : { target: seenMethod, directory: lastDirectory(server) }),
  });
}

/** The user leaves a response where it went. */
export function forgetUnclaimed(id: string): Promise<void> {
  return changeUnclaimed(({ [id]: _, ...others }) => others);
}

/** The offered sign-in, if a response belongs to it. */
async function offeredFor({ expected }: ReadResponse): Promise<OfferedSignIn | undefined> {
  const offered = await getOfferedSignIn();
  return offered && offered.request.state === expected.state ? offered : undefined;
}

/**
 * The last sign-in that was started in one of the servers' web UIs, and that named this redirect URI. One whose state is known
 * is none: that of the response is another.
 */
async function startedLast(
  servers: ServerUrl[],
  { redirectUri }: AuthorizationRequest,
): Promise<{ server: ServerUrl; start: WebUiStart } | undefined> {
  const names = ({ path, redirectUri: named }: WebUiStart) =>
    (path === pathOf(seenMethod) ? seenRedirectUri : named) === redirectUri;
  const signIns = await getSignIns();
  const isKnown = (server: ServerUrl, { path, at }: WebUiStart) =>
    signIns.some((one) => one.server === server && pathOf(one.target) === path && one.startedAt >= at);
  const all = await Promise.all(
    servers.map(async (server) => (await webUiStarts(server)).map((start) => ({ server, start }))),
  );
  return all
    .flat()
    .filter(({ server, start }) => start.at > Date.now() - SIGN_IN_LIFE_MS && names(start) && !isKnown(server, start))
    .sort((a, b) => b.start.at - a.start.at)[0];
}

async function findResponse(id: string): Promise<ReadResponse | undefined> {
  const url = (await readUnclaimed())[id]?.url;
  return url === undefined ? undefined : readResponse(url);
}

interface ReadResponse {
  expected: AuthorizationRequest;
  callbackUrl: CallbackUrl;
}

/**
 * Reads a callback URL on its own word: its own redirect URI and its own state. One without state could be anything, so it
 * counts only while a sign-in is known that it may belong to.
 */
async function readResponse(url: string): Promise<ReadResponse | undefined> {
  if (!URL.canParse(url)) return undefined;
  const { origin, pathname, search, hash } = new URL(url);
  const redirectUri = parseLoopbackRedirectUri(origin + pathname);
  if (!redirectUri) return undefined;
  const isInFragment = search === '' && hash !== '';
  const named = new URLSearchParams((isInFragment ? hash : search).slice(1)).get('state');
  const state = named === null ? null : plainState(named);
  const expected: AuthorizationRequest = {
    redirectUri,
    ...(state === null ? {} : { state }),
    ...(isInFragment ? { inFragment: true } : {}),
  };
  const response = state === '' ? undefined : parseAuthorizationResponse(url, expected);
  if (!response) return undefined;
  const isKnown = state !== null || findSignIn(await getSignIns(), expected) || (await mayBeStateless(expected));
  return isKnown ? { expected, callbackUrl: response.callbackUrl } : undefined;
}

async function mayBeStateless(expected: AuthorizationRequest): Promise<boolean> {
  if (expected.redirectUri === seenRedirectUri) return false;
  const servers = await getServerUrls();
  return (await startedLast(servers, expected)) !== undefined;
}

async function readAll(): Promise<z.infer<typeof Unclaimed>> {
  return Unclaimed.safeParse(await unclaimedResponses.getValue()).data ?? {};
}

async function readUnclaimed(): Promise<z.infer<typeof Unclaimed>> {
  const oldest = Date.now() - SIGN_IN_LIFE_MS;
  return Object.fromEntries(Object.entries(await readAll()).filter(([, { arrivedAt }]) => arrivedAt > oldest));
}

function changeUnclaimed(change: (all: z.infer<typeof Unclaimed>) => z.infer<typeof Unclaimed>): Promise<void> {
  return navigator.locks.request('unclaimed-responses', async () =>
    unclaimedResponses.setValue(change(await readUnclaimed())),
  );
}
