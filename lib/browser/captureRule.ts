import { browser } from 'wxt/browser';
import type { AuthorizationRequest } from '../oauth/authorizationRequest';

/** What a sign-in's response is caught by: its number, the tabs that it may come in, or any, and what it answers. */
interface CaptureRule extends AuthorizationRequest {
  ruleId: number;
  tabIds?: number[] | undefined;
}

/**
 * The session rules that catch one sign-in's response: exactly this redirect URI with exactly this state, top-level
 * navigations of its own tabs only. The browser applies them before anything reaches the network, also while the worker
 * sleeps. They only put our page in the redirect URI's place: query and fragment stay behind it, byte for byte.
 */
export async function armCaptureRule({ ruleId, tabIds, ...expected }: CaptureRule): Promise<void> {
  const page = new URL(browser.runtime.getURL('/callback.html'));
  // In Chromium `chrome-extension`, which the types do not know.
  const scheme = page.protocol.slice(0, -1) as 'moz-extension';
  await browser.declarativeNetRequest.updateSessionRules({
    removeRuleIds: idsOf(ruleId),
    addRules: responseFilters(expected).map((urlFilter, index) => ({
      id: MOST_FILTERS * ruleId + index,
      condition: {
        urlFilter,
        isUrlFilterCaseSensitive: true,
        resourceTypes: ['main_frame'],
        ...(tabIds ? { tabIds } : {}),
      },
      action: {
        type: 'redirect',
        redirect: { transform: { scheme, host: page.host, port: '', path: page.pathname } },
      },
    })),
  });
}

export async function disarmCaptureRules(ruleIds: number[]): Promise<void> {
  const removeRuleIds = ruleIds.flatMap(idsOf);
  if (removeRuleIds.length > 0) await browser.declarativeNetRequest.updateSessionRules({ removeRuleIds });
}

/**
 * The URL filters of one sign-in's response: one for each spelling of its state, in each place that it may have. `||` stands
 * for the scheme, since HSTS from `localhost` makes `https` of it (RFC 6797 §8.3). It would match names below `localhost` too;
 * for those the extension has no host permission, so browsers apply no redirect to them (measured, both). `^` stands for the
 * end, or for a character other than letters, digits, `_`, `-`, `.` and `%`: what separates parameters, and few states have. As
 * few as possible, and not regular expressions: Chromium looks at all rules anew for every change (3 ms beside 400 filters, 8
 * ms beside 800, 68 ms beside 400 expressions, measured). What a filter leaves open, `parseAuthorizationResponse` compares.
 */
export function responseFilters({ redirectUri, state, inFragment }: AuthorizationRequest): string[] {
  const mark = inFragment ? '#' : '?';
  const parameters =
    state === undefined
      ? [mark]
      : spellingsOf(state).flatMap((spelled) => [`${mark}state=${spelled}^`, `${mark}*&state=${spelled}^`]);
  return parameters.map((rest) => `||${redirectUri.replace('http://', '')}${rest}`);
}

/**
 * How providers write a state: as it is, or with its `+`, `/`, `=` and `~` percent-encoded, all of them (a form's encoding, URL
 * Standard; .NET writes small letters), all but `~` (RFC 3986), or all but `~` and `/` (Python's `quote`). One of letters, digits,
 * `-`, `.` and `_` has one spelling. Exact ones, and no wildcard for what varies: that would stand for other parameters, too. Any
 * other spelling, such as half of it encoded, is taken from the navigation that fails, if nobody listens on that port.
 */
function spellingsOf(state: string): string[] {
  const encoded = encodeURIComponent(state);
  const form = encoded.replaceAll('~', '%7E');
  const small = form.replace(/%../g, (one) => one.toLowerCase());
  return [...new Set([state, encoded, form, small, encoded.replaceAll('%2F', '/')])];
}

/** Five spellings in two places. */
const MOST_FILTERS = 10;

/** A number that no other sign-in has: nothing has to be read to find it. Ten times as large it still fits a rule's id. */
export function newRuleId(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) >>> 5;
}

/** The rules that a sign-in may have, one for each filter. */
function idsOf(ruleId: number): number[] {
  return Array.from({ length: MOST_FILTERS }, (_, index) => MOST_FILTERS * ruleId + index);
}
