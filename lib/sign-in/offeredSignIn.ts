import * as z from 'zod/mini';
import type { AuthorizationRequest } from '../oauth/authorizationRequest';
import { readServerUrl, ServerUrl } from '../servers/serverUrl';
import { offeredSignIn } from '../storage';
import { RedirectUri } from './signIn';
import { SIGN_IN_LIFE_MS } from './transitions';

/**
 * The sign-in that was last seen to start on a page that is no server of the user's yet. It is not captured, only offered:
 * "add this server and finish it there".
 */
const Offered = z.object({
  redirectUri: RedirectUri,
  state: z.string(),
  challenge: z.optional(z.string()),
  tabId: z.number(),
  /** The page that it started on. Chromium does not tell that of a site that the extension may not access. */
  startedOn: z.optional(ServerUrl),
  seenAt: z.number(),
});

/** A sign-in that can be finished on a server, once the user has said on which. */
export interface OfferedSignIn {
  request: AuthorizationRequest;
  tabId: number;
  startedOn: ServerUrl | undefined;
}

/** @param page the URL or origin of the page that it started on, where the browser tells */
export async function offerSignIn(request: AuthorizationRequest, tabId: number, page: string): Promise<void> {
  await offeredSignIn.setValue({ ...request, tabId, startedOn: readServerUrl(page), seenAt: Date.now() });
}

export async function getOfferedSignIn(): Promise<OfferedSignIn | undefined> {
  const offered = await readOffered();
  if (!offered || Date.now() >= offered.seenAt + SIGN_IN_LIFE_MS) return undefined;
  const { redirectUri, state, challenge, tabId, startedOn } = offered;
  return { request: { redirectUri, state, challenge }, tabId, startedOn };
}

/** Calls back when a sign-in is offered, or no longer. @returns how to stop that */
export function watchOfferedSignIn(onChange: () => void): () => void {
  return offeredSignIn.watch(onChange);
}

/** When the offer ends or has ended, in milliseconds since the epoch; infinity when nothing is kept of one. */
export async function offerExpiry(): Promise<number> {
  return ((await readOffered())?.seenAt ?? Infinity) + SIGN_IN_LIFE_MS;
}

export async function forgetOfferedSignIn(): Promise<void> {
  await offeredSignIn.removeValue();
}

async function readOffered(): Promise<z.infer<typeof Offered> | undefined> {
  return Offered.safeParse(await offeredSignIn.getValue()).data;
}
