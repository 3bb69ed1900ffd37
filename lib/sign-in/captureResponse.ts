import { browser } from 'wxt/browser';
import { type CallbackUrl, parseAuthorizationResponse } from '../oauth/authorizationResponse';
import { advance } from './progress';
import { type Armed, type SignInView, viewOf } from './signIn';
import { getSignIns } from './signInStore';
import { untilStartsAreKnown } from './startSignIn';
import { capture, loseToAnother } from './transitions';
import { offerUnclaimed } from './unclaimedResponse';

/** A navigation to the user's own machine: its URL, and the tab that it was to happen in. */
interface Navigation {
  url: string;
  tabId: number;
}

/**
 * Takes the callback URL that a navigation was redirected with.
 * @returns the sign-in that it belongs to, or undefined when it is no response that any sign-in expects in this tab
 */
export async function captureResponse(navigation: Navigation): Promise<SignInView | undefined> {
  const expected = await findExpected(navigation);
  if (!expected) return undefined;
  const signIn = await advance(expected.id, (current) => capture(current, expected.callbackUrl, Date.now()));
  return signIn && viewOf(signIn);
}

/**
 * A navigation to the user's own machine failed. If a sign-in waits for it, its capture rule came too late: the provider
 * answered faster than the browser woke the worker up, and the tab goes on as if captured. If none does, it is offered.
 */
export async function onFailedNavigation(failed: { url: string; tabId: number; error: string }): Promise<void> {
  const signIn = await captureResponse(failed);
  if (!signIn) await offerUnclaimed(failed);
  if (signIn?.phase === 'captured') {
    await browser.tabs.update(failed.tabId, { url: browser.runtime.getURL(`/callback.html#${signIn.id}`) });
  }
}

/** Our page says that it is there as soon as it has loaded. Should it be slower than this, it still gets its response. */
const PAGE_WAIT_MS = 3_000;

/**
 * A navigation to the user's own machine begins. If a sign-in waits for it and it does not become our page, another
 * extension redirected it: rules of different extensions have no order, and neither browser tells the one that lost. The
 * response is kept, but is not sent unless the user says so: the other extension has it too.
 */
export async function onCallbackNavigation(navigation: Navigation): Promise<void> {
  const expected = await findExpected(navigation);
  if (!expected) return;
  await new Promise((resolve) => setTimeout(resolve, PAGE_WAIT_MS));
  await advance(expected.id, (signIn) => loseToAnother(signIn, expected.callbackUrl, Date.now()));
}

/** The sign-in that waits for a navigation's URL, in the tab of the navigation. */
async function findExpected({ url, tabId }: Navigation): Promise<{ id: string; callbackUrl: CallbackUrl } | undefined> {
  await untilStartsAreKnown();
  for (const signIn of await getSignIns()) {
    const armed = 'armed' in signIn ? signIn.armed : undefined;
    const response =
      armed && isExpectedIn(tabId, armed) ? parseAuthorizationResponse(withoutHsts(url), armed) : undefined;
    if (response) return { id: signIn.id, callbackUrl: response.callbackUrl };
  }
  return undefined;
}

function isExpectedIn(tabId: number, { tabIds }: Armed): boolean {
  return tabIds?.includes(tabId) ?? true;
}

/** The URL as the provider sent it: HSTS turns `http` into `https` in the browser (see `responseFilter`). */
function withoutHsts(url: string): string {
  return url.replace(/^https:(?=\/\/localhost:)/, 'http:');
}
