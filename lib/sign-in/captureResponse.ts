import { browser } from 'wxt/browser';
import { claimedState, parseAuthorizationResponse } from '../oauth/authorizationResponse';
import { advance } from './progress';
import { type SignInView, viewOf } from './signIn';
import { getSignIns } from './signInStore';
import { capture } from './transitions';

/**
 * Takes the callback URL that a navigation was redirected with.
 * @returns the sign-in that it belongs to, or undefined when it is no response that any sign-in expects
 */
export async function captureResponse(callbackUrl: string): Promise<SignInView | undefined> {
  const state = claimedState(callbackUrl);
  const claimed = (await getSignIns()).find((signIn) => 'armed' in signIn && signIn.armed?.state === state);
  if (!claimed || !('armed' in claimed) || !claimed.armed) return undefined;
  const response = parseAuthorizationResponse(callbackUrl, claimed.armed);
  if (!response) return undefined;
  const signIn = await advance(claimed.id, (current) => capture(current, response.callbackUrl, Date.now()));
  return signIn && viewOf(signIn);
}

/**
 * Takes a response that came before its capture rule was in force: the provider answered the authorization request
 * faster than the browser woke the worker up. Nobody listened, so the navigation failed; its tab goes on as if captured.
 */
export async function captureFailedNavigation(failed: { url: string; tabId: number }): Promise<void> {
  const signIn = await captureResponse(failed.url);
  if (signIn?.phase === 'captured') {
    await browser.tabs.update(failed.tabId, { url: browser.runtime.getURL(`/callback.html#${signIn.id}`) });
  }
}
