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
