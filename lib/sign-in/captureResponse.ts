import { browser } from 'wxt/browser';
import { claimedState, parseAuthorizationResponse } from '../oauth/authorizationResponse';
import { advance } from './progress';
import { type SignInView, viewOf } from './signIn';
import { getSignIns } from './signInStore';
import { capture } from './transitions';
import { offerUnclaimed } from './unclaimedResponse';

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
 * A navigation to the user's own machine failed. If a sign-in waits for it, its capture rule came too late: the provider
 * answered faster than the browser woke the worker up, and the tab goes on as if captured. If none does, it is offered.
 */
export async function onFailedNavigation(failed: { url: string; tabId: number; error: string }): Promise<void> {
  const signIn = await captureResponse(failed.url);
  if (!signIn) await offerUnclaimed(failed);
  if (signIn?.phase === 'captured') {
    await browser.tabs.update(failed.tabId, { url: browser.runtime.getURL(`/callback.html#${signIn.id}`) });
  }
}
