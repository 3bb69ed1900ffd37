import { browser } from 'wxt/browser';
import { isConnectionRefused, loopbackPattern } from '../browser/differences';
import { pause } from '../browser/pause';
import { seenRedirectUri, seenRequests } from '../methods/capabilities';
import { type AuthorizationResponse, digestOf } from '../oauth/authorizationResponse';
import { loopbackPatterns } from '../servers/hostPermission';
import type { StartedNavigation } from '../servers/serverThatStarted';
import { originOf } from '../servers/serverUrl';
import { mayComeElsewhere, readResponse } from './binding';
import { deliverTaken } from './deliverSignIn';
import { advance, advanceFirst } from './progress';
import { type Armed, isArmed, type SignIn, type SignInView, viewOf } from './signIn';
import { untilStartsAreKnown } from './startSignIn';
import { beginDelivery, capture, divert, rebind } from './transitions';
import { offerUnclaimed } from './unclaimedResponse';

/** A navigation to the user's own machine: its URL, and the tab that it was to happen in. */
interface Navigation {
  url: string;
  tabId: number;
}

/** One that came to nothing, and the page that started it: see `StartedNavigation` in lib/servers/serverThatStarted.ts. */
type FailedNavigation = StartedNavigation & { error: string };

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
 * A navigation to the user's own machine begins. If a sign-in waits for it in this tab, its response is taken from here and
 * sent on at once: our page, which the capture rule opens in its place, comes later and shows what is under way.
 */
export async function onCallbackNavigation({ url, tabId }: Navigation): Promise<void> {
  const taken = await takeUrl(url, tabId);
  if (taken?.delivery) await Promise.all([taken.delivery, lookForPage(taken.signIn.id, tabId)]);
}

/**
 * The capture rule has led a response to our page. If its navigation was heard of, the response has been taken already; if
 * not, it is taken and sent on from here. Chromium tells of the navigations of one method only, and of none by `https`.
 * @param parameters its query and fragment, which are our page's now
 * @returns the sign-in that it belongs to, or undefined when it is no response that any sign-in expects in this tab
 */
export async function captureResponse(parameters: string, tabId: number | undefined): Promise<SignInView | undefined> {
  const taken = await take(parameters, tabId, ({ redirectUri }) => redirectUri + parameters);
  if (!taken) return undefined;
  const { id, arrival } = taken.signIn;
  shown.add(id);
  if (arrival?.divertedAt !== undefined) await advance(id, (signIn) => divert(signIn));
  return viewOf(taken.signIn);
}

/**
 * A navigation to the user's own machine failed. If it was a sign-in's response, its capture rule came too late: the provider
 * answered faster than the browser woke the worker up, and the tab goes on as if captured. If it was none, it is offered.
 */
export async function onFailedNavigation(failed: FailedNavigation): Promise<void> {
  const { url, tabId } = failed;
  const taken = (await takeUrl(url, tabId)) ?? ((await admitTab(failed)) ? await takeUrl(url, tabId) : undefined);
  if (!taken) return offerUnclaimed(failed);
  shown.add(taken.signIn.id);
  await browser.tabs.update(failed.tabId, { url: browser.runtime.getURL(`/callback.html#${taken.signIn.id}`) });
}

/**
 * The provider may end a sign-in in a tab of its own choice, as by a link in a mail. If its page has led to a response with
 * exactly the state of a sign-in that waits, and nobody listened on this computer, that sign-in is expected in this tab, too.
 * Any other page may have made the response up: then the user is asked.
 * @returns whether there is one
 */
async function admitTab({ url, tabId, error, originUrl, initiator }: FailedNavigation): Promise<boolean> {
  if (originOf(originUrl ?? initiator ?? '') !== originOf(seenRequests) || !isConnectionRefused(error)) return false;
  const admitted = await advanceFirst((signIn) =>
    isArmed(signIn) && mayComeElsewhere(signIn.armed, plain(url))
      ? rebind(signIn, { kind: 'tabs', tabIds: [tabId] })
      : undefined,
  );
  return admitted !== undefined;
}

/** The sign-ins whose response was seen to become our page, as long as the worker runs. */
const shown = new Set<string>();
/** Our page says that it is there as soon as it has loaded. */
const PAGE_WAIT_MS = 3_000;

/**
 * Notes it when the navigation of a response that was taken does not lead to our page. Then another extension redirected it:
 * rules of different extensions have no order, and neither browser tells the one that lost. Or the capture rule came too late,
 * and a program on this computer answered. Who has closed the tab has not missed the page.
 */
async function lookForPage(id: string, tabId: number): Promise<void> {
  await pause(PAGE_WAIT_MS);
  const tab = await browser.tabs.get(tabId).catch(() => undefined);
  if (tab && !shown.has(id)) await advance(id, (signIn) => divert(signIn, Date.now()));
}

/** A sign-in that a response belongs to, and its delivery, if that was the first to hear of it. */
interface Taken {
  signIn: SignIn;
  delivery: Promise<unknown> | undefined;
}

/** Takes the response in a navigation's URL. */
function takeUrl(url: string, tabId: number): Promise<Taken | undefined> {
  return take(url, tabId, () => plain(url));
}

/** HSTS turns `http` into `https` in the browser (see `responseFilters`). */
function plain(url: string): string {
  return url.replace(/^https:(?=\/\/localhost:)/, 'http:');
}

/**
 * Takes a response for the sign-in that waits for it in this tab, and begins its delivery. However often it is heard of, it is
 * taken once: after that, it leads to its sign-in, also when that has ended.
 * @param parameters its query or fragment, with or without what stands before that
 * @param urlFor the URL that the response has if it is a sign-in's
 */
async function take(
  parameters: string,
  tabId: number | undefined,
  urlFor: (armed: Armed) => string,
): Promise<Taken | undefined> {
  const digest = await digestOf(parameters);
  let taken: AuthorizationResponse | undefined;
  const takeFor = (signIn: SignIn): SignIn | undefined => {
    const response = isArmed(signIn) ? readResponse(signIn.armed, urlFor(signIn.armed), tabId) : undefined;
    if (!response) return signIn.arrival?.digest === digest && signIn.arrival.tabId === tabId ? signIn : undefined;
    const captured = capture(signIn, response.callbackUrl, Date.now(), { digest, tabId });
    if (captured === signIn) return signIn;
    taken = response;
    return beginDelivery(captured, Date.now());
  };
  // Most are known: only one that is not waits for what other servers' pages may be slow with.
  const known = await advanceFirst(takeFor);
  const signIn = known ?? (await untilStartsAreKnown().then(() => advanceFirst(takeFor)));
  if (!signIn) return undefined;
  return { signIn, delivery: taken && signIn.phase === 'delivering' ? deliverTaken(signIn, taken) : undefined };
}
