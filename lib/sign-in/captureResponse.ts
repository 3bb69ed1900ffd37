import { browser } from 'wxt/browser';
import { loopbackPattern } from '../browser/differences';
import { pause } from '../browser/pause';
import { seenRedirectUri } from '../methods/capabilities';
import { type CallbackUrl, parseAuthorizationResponse } from '../oauth/authorizationResponse';
import { loopbackPatterns } from '../servers/hostPermission';
import { prepareSignIn } from './deliverSignIn';
import { advance } from './progress';
import { digestOf } from './responseDigest';
import { type Armed, type ArmedSignIn, isArmed, type SignInView, viewOf } from './signIn';
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
 * Patterns for authorization responses, which have a `code` or an `error` (RFC 6749 §4.1.2): whatever else is opened on the
 * user's own machine, such as a page of a development server, must not wake the worker up.
 */
function responsesAt(redirectUri: string): string[] {
  return [`${redirectUri}?*code=*`, `${redirectUri}?*error=*`];
}

/** What `onFailedNavigation` hears of. No pattern matches a fragment, so a token in one is known by its path. */
export const failedNavigationPatterns = [
  ...loopbackPatterns.flatMap(responsesAt),
  ...loopbackPatterns.map((pattern) => `${pattern}callback`),
];

/**
 * What `onCallbackNavigation` hears of. Firefox never matches a pattern with a port. Chromium has one, and learns only for the
 * method that is seen at the provider who took a response: on every port, a development server's own logins would wake the
 * worker up.
 */
export const callbackNavigationPatterns = responsesAt(loopbackPattern(seenRedirectUri));

/**
 * Takes the response that the capture rule has led to our page.
 * @param parameters its query and fragment, which are our page's now
 * @returns the sign-in that it belongs to, or undefined when it is no response that any sign-in expects in this tab
 */
export async function captureResponse(parameters: string, tabId: number | undefined): Promise<SignInView | undefined> {
  return take(await findExpected(tabId, ({ redirectUri }) => redirectUri + parameters));
}

/**
 * A navigation to the user's own machine failed. If a sign-in waits for it, its capture rule came too late: the provider
 * answered faster than the browser woke the worker up, and the tab goes on as if captured. If none does, it is offered.
 */
export async function onFailedNavigation(failed: Navigation & { error: string }): Promise<void> {
  const signIn = await take(await findExpectedBy(failed));
  if (!signIn) return offerUnclaimed(failed);
  await browser.tabs.update(failed.tabId, { url: browser.runtime.getURL(`/callback.html#${signIn.id}`) });
}

/** Our page says that it is there as soon as it has loaded. Should it be slower than this, it still gets its response. */
const PAGE_WAIT_MS = 3_000;

/**
 * A navigation to the user's own machine begins. If a sign-in waits for it and it does not become our page, another
 * extension redirected it: rules of different extensions have no order, and neither browser tells the one that lost. The
 * response is kept, but is not sent unless the user says so: the other extension has it too.
 */
export async function onCallbackNavigation(navigation: Navigation): Promise<void> {
  const expected = await findExpectedBy(navigation);
  if (!expected) return;
  // While the browser opens our page, the server is asked what there is to know.
  prepareSignIn(expected.signIn);
  await pause(PAGE_WAIT_MS);
  await advance(expected.signIn.id, (signIn) => loseToAnother(signIn, expected.callbackUrl, Date.now()));
}

interface Expected {
  signIn: ArmedSignIn;
  callbackUrl: CallbackUrl;
}

async function take(expected: Expected | undefined): Promise<SignInView | undefined> {
  if (!expected) return undefined;
  const { signIn: found, callbackUrl } = expected;
  const digest = await digestOf(callbackUrl);
  const signIn = await advance(found.id, (current) => capture(current, callbackUrl, Date.now(), digest));
  return signIn && viewOf(signIn);
}

/** The sign-in that waits for a navigation's URL. */
function findExpectedBy({ url, tabId }: Navigation): Promise<Expected | undefined> {
  return findExpected(tabId, () => withoutHsts(url));
}

/** The sign-in that waits in a tab for what `urlFor` says that its response would be. */
async function findExpected(
  tabId: number | undefined,
  urlFor: (armed: Armed) => string,
): Promise<Expected | undefined> {
  // Most are known: only one that is not waits for what other servers' pages may be slow with.
  const known = await findWritten(tabId, urlFor);
  if (known) return known;
  await untilStartsAreKnown();
  return findWritten(tabId, urlFor);
}

async function findWritten(tabId: number | undefined, urlFor: (armed: Armed) => string): Promise<Expected | undefined> {
  for (const signIn of (await getSignIns()).filter(isArmed)) {
    const { armed } = signIn;
    const response = isExpectedIn(tabId, armed) ? parseAuthorizationResponse(urlFor(armed), armed) : undefined;
    if (response) return { signIn, callbackUrl: response.callbackUrl };
  }
  return undefined;
}

function isExpectedIn(tabId: number | undefined, { tabIds }: Armed): boolean {
  return !tabIds || (tabId !== undefined && tabIds.includes(tabId));
}

/** The URL as the provider sent it: HSTS turns `http` into `https` in the browser (see `responseFilters`). */
function withoutHsts(url: string): string {
  return url.replace(/^https:(?=\/\/localhost:)/, 'http:');
}
