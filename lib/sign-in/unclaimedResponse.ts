import { browser } from 'wxt/browser';
import type { AuthorizationRequest } from '../oauth/authorizationRequest';
import { type CallbackUrl, parseAuthorizationResponse } from '../oauth/authorizationResponse';
import { parseLoopbackRedirectUri } from '../oauth/loopbackRedirectUri';
import { chatGpt, chatGptRedirectUri, pathOf, targetAt } from '../opencode/target';
import { lastDirectory, type WebUiStart, webUiStarts } from '../opencode/webUi';
import * as z from '../schema';
import type { ServerUrl } from '../servers/server';
import { getServers } from '../servers/serverStore';
import { storedValue } from '../storedValue';
import { forgetOfferedSignIn, getOfferedSignIn, type OfferedSignIn } from './offeredSignIn';
import { advance } from './progress';
import { getSignIns } from './signInStore';
import { findSignIn, startSignIn } from './startSignIn';
import { capture, SIGN_IN_LIFE_MS } from './transitions';

/**
 * Responses that came back to this machine, where nothing listened, from sign-ins that this browser did not see start
 * (a link copied from a terminal, another profile). By id, in memory only, until they are sent, left or too old.
 */
const unclaimed = storedValue('session', 'unclaimed-responses');

const Unclaimed = z.record(z.object({ url: z.string, arrivedAt: z.number }));

/** Offers the user to send a response on. Only what failed to connect and looks like a response is ever offered. */
export async function offerUnclaimed(failed: { url: string; tabId: number; error: string }): Promise<void> {
  const nobodyListened = /ERR_CONNECTION_REFUSED|NS_ERROR_CONNECTION_REFUSED/.test(failed.error);
  const response = nobodyListened ? await readResponse(failed.url) : undefined;
  if (!response) return;
  if (!(await offeredFor(response)) && (await getServers()).length === 0) return;
  const id = crypto.randomUUID();
  await changeUnclaimed((all) => ({ ...all, [id]: { url: failed.url, arrivedAt: Date.now() } }));
  await browser.tabs.update(failed.tabId, { url: browser.runtime.getURL(`/callback.html#unclaimed-${id}`) });
}

/** Drops the responses that are too old to be of use. */
export function forgetOldUnclaimed(): Promise<void> {
  return changeUnclaimed((all) => all);
}

/** When the next response will be too old, in milliseconds since the epoch; undefined when there is none. */
export async function nextUnclaimedExpiry(): Promise<number | undefined> {
  const arrivals = Object.values(await readUnclaimed()).map(({ arrivedAt }) => arrivedAt);
  return arrivals.length > 0 ? Math.min(...arrivals) + SIGN_IN_LIFE_MS : undefined;
}

/** What the page that offers an unclaimed response learns of it. */
export interface UnclaimedView {
  /** The servers that it may be sent to. */
  servers: ServerUrl[];
  /** Whether the first of them is where it belongs by all that is known. */
  isKnown: boolean;
  /** The page that its sign-in started on, when that is no server of the user's yet. */
  startedOn: ServerUrl | undefined;
}

/**
 * Where an unclaimed response may be sent: the server of a sign-in that was seen to start there comes first. undefined when
 * the response is gone.
 */
export async function describeUnclaimed(id: string): Promise<UnclaimedView | undefined> {
  const response = await findResponse(id);
  if (!response) return undefined;
  const startedOn = (await offeredFor(response))?.startedOn;
  const signIn = findSignIn(await getSignIns(), response.expected);
  // A response goes to no other server than its sign-in started on.
  if (signIn) return { servers: [signIn.server], isKnown: true, startedOn };
  const servers = (await getServers()).map(({ url }) => url);
  const started = await startedLast(servers, response.expected);
  if (!started) return { servers, isKnown: false, startedOn };
  return {
    servers: [started.server, ...servers.filter((url) => url !== started.server)],
    isKnown: true,
    startedOn,
  };
}

/**
 * Makes a response that the user sends to a server into a sign-in of that server, captured already.
 * @returns the sign-in's id, or undefined when the response is gone
 */
export async function claimFor(id: string, server: ServerUrl): Promise<string | undefined> {
  const response = await findResponse(id);
  await forgetUnclaimed(id);
  if (!response) return undefined;
  if (await offeredFor(response)) await forgetOfferedSignIn();
  const started = await startedLast([server], response.expected);
  const isOthers = started && started.start.path !== pathOf(chatGpt);
  const signIn = await startSignIn(response.expected, {
    ...{ server, tabIds: [] },
    ...(isOthers
      ? {
          target: targetAt(started.start.path, started.start.label),
          directory: started.start.directory,
          heldBy: 'web-ui',
        }
      : { target: chatGpt, directory: lastDirectory(server) }),
  });
  await advance(signIn, (current) => capture(current, response.callbackUrl, Date.now()));
  return signIn;
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

/** The last sign-in that was started in one of the servers' web UIs, and to which a response may belong. */
async function startedLast(
  servers: ServerUrl[],
  { redirectUri }: AuthorizationRequest,
): Promise<{ server: ServerUrl; start: WebUiStart } | undefined> {
  const isChatGpts = redirectUri === chatGptRedirectUri;
  const all = await Promise.all(
    servers.map(async (server) => (await webUiStarts(server)).map((start) => ({ server, start }))),
  );
  return all
    .flat()
    .filter(({ start }) => start.at > Date.now() - SIGN_IN_LIFE_MS && (start.path === pathOf(chatGpt)) === isChatGpts)
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
  const state = new URLSearchParams((hash || search).slice(1)).get('state');
  const expected: AuthorizationRequest = {
    redirectUri,
    ...(state === null ? {} : { state }),
    ...(hash ? { inFragment: true } : {}),
  };
  const response = state === '' ? undefined : parseAuthorizationResponse(url, expected);
  if (!response) return undefined;
  const isKnown = state !== null || findSignIn(await getSignIns(), expected) || (await mayBeStateless(expected));
  return isKnown ? { expected, callbackUrl: response.callbackUrl } : undefined;
}

async function mayBeStateless(expected: AuthorizationRequest): Promise<boolean> {
  if (expected.redirectUri === chatGptRedirectUri) return false;
  const servers = (await getServers()).map(({ url }) => url);
  return (await startedLast(servers, expected)) !== undefined;
}

async function readUnclaimed(): Promise<z.Infer<typeof Unclaimed>> {
  const all = z.read(Unclaimed, await unclaimed.getValue()) ?? {};
  const oldest = Date.now() - SIGN_IN_LIFE_MS;
  return Object.fromEntries(Object.entries(all).filter(([, { arrivedAt }]) => arrivedAt > oldest));
}

function changeUnclaimed(change: (all: z.Infer<typeof Unclaimed>) => z.Infer<typeof Unclaimed>): Promise<void> {
  return navigator.locks.request('unclaimed-responses', async () => unclaimed.setValue(change(await readUnclaimed())));
}
