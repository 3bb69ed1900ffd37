import { storage } from '@wxt-dev/storage';
import { browser } from 'wxt/browser';
import * as z from 'zod/mini';
import { type AuthorizationResponse, parseAuthorizationResponse } from '../oauth/authorizationResponse';
import { parseLoopbackRedirectUri } from '../oauth/loopbackRedirectUri';
import type { ServerUrl } from '../servers/server';
import { getServers } from '../servers/serverStore';
import { forgetOfferedSignIn, getOfferedSignIn } from './offeredSignIn';
import { adoptSignIn } from './startSignIn';
import { SIGN_IN_LIFE_MS } from './transitions';

/**
 * Responses that came back to this machine, where nothing listened, from sign-ins that this browser did not see start
 * (a link copied from a terminal, another profile). By id, in memory only, until they are sent, left or too old.
 */
const unclaimed = storage.defineItem<unknown>('session:unclaimed-responses', { fallback: {} });

const Unclaimed = z.record(z.string(), z.object({ url: z.string(), arrivedAt: z.number() }));

/** Offers the user to send a response on. Only what failed to connect and looks like a response is ever offered. */
export async function offerUnclaimed(failed: { url: string; tabId: number; error: string }): Promise<void> {
  const nobodyListened = /ERR_CONNECTION_REFUSED|NS_ERROR_CONNECTION_REFUSED/.test(failed.error);
  const response = nobodyListened ? readResponse(failed.url) : undefined;
  if (!response) return;
  const isOffered = (await getOfferedSignIn())?.request.state === response.state;
  if (!isOffered && (await getServers()).length === 0) return;
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

/**
 * What the page that offers a response learns of it: whether it is still there, and on which page its sign-in started, if
 * that is known.
 */
export async function describeUnclaimed(id: string): Promise<{ startedOn: ServerUrl | undefined } | undefined> {
  const response = readResponse((await readUnclaimed())[id]?.url ?? '');
  const offered = await getOfferedSignIn();
  return response && { startedOn: offered?.request.state === response.state ? offered.startedOn : undefined };
}

/**
 * Makes a response that the user sends to a server into a sign-in of that server, captured already.
 * @returns the sign-in's id, or undefined when the response is gone
 */
export async function claimFor(id: string, server: ServerUrl): Promise<string | undefined> {
  const response = readResponse((await readUnclaimed())[id]?.url ?? '');
  await forgetUnclaimed(id);
  await forgetOfferedSignIn();
  return response && (await adoptSignIn(server, 'openai', response.expected, response.callbackUrl));
}

/** The user leaves a response where it went. */
export function forgetUnclaimed(id: string): Promise<void> {
  return changeUnclaimed(({ [id]: _, ...others }) => others);
}

type ReadResponse = AuthorizationResponse & { expected: Parameters<typeof parseAuthorizationResponse>[1] };

/** Reads a callback URL on its own word: its own redirect URI and its own state. */
function readResponse(url: string): ReadResponse | undefined {
  if (!URL.canParse(url)) return undefined;
  const { origin, pathname, searchParams } = new URL(url);
  const redirectUri = parseLoopbackRedirectUri(origin + pathname);
  const expected = redirectUri && { redirectUri, state: searchParams.get('state') ?? '' };
  const response = expected?.state ? parseAuthorizationResponse(url, expected) : undefined;
  return expected && response && { ...response, expected };
}

async function readUnclaimed(): Promise<z.infer<typeof Unclaimed>> {
  const all = z.safeParse(Unclaimed, await unclaimed.getValue()).data ?? {};
  const oldest = Date.now() - SIGN_IN_LIFE_MS;
  return Object.fromEntries(Object.entries(all).filter(([, { arrivedAt }]) => arrivedAt > oldest));
}

function changeUnclaimed(change: (all: z.infer<typeof Unclaimed>) => z.infer<typeof Unclaimed>): Promise<void> {
  return navigator.locks.request('unclaimed-responses', async () => unclaimed.setValue(change(await readUnclaimed())));
}
