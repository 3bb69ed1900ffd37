import { browser } from 'wxt/browser';
import type { AuthorizationRequest } from '../oauth/authorizationRequest';
import type { Armed } from './signIn';

/**
 * The session rules that catch one sign-in's response: exactly this redirect URI with exactly this state, top-level
 * navigations of its own tabs only. The browser applies them before anything reaches the network, also while the worker
 * sleeps.
 */
export async function armCaptureRule({ ruleId, tabIds, ...expected }: Armed): Promise<void> {
  await browser.declarativeNetRequest.updateSessionRules({
    removeRuleIds: idsOf(ruleId),
    addRules: responseFilters(expected).map((regexFilter, index) => ({
      id: idsOf(ruleId)[index] ?? 0,
      condition: {
        regexFilter,
        isUrlFilterCaseSensitive: true,
        resourceTypes: ['main_frame'],
        ...(tabIds ? { tabIds } : {}),
      },
      action: {
        type: 'redirect',
        // The whole callback URL becomes the page's query: byte for byte, and with its fragment still behind it.
        redirect: { regexSubstitution: `${browser.runtime.getURL('/callback.html')}?\\0` },
      },
    })),
  });
}

export async function disarmCaptureRules(ruleIds: number[]): Promise<void> {
  const removeRuleIds = ruleIds.flatMap(idsOf);
  if (removeRuleIds.length > 0) await browser.declarativeNetRequest.updateSessionRules({ removeRuleIds });
}

/** As much of a state as fits into Chromium's 2 kB for a regular expression, behind a literal beginning. */
const STATE_IN_FILTER = 80;

/**
 * The regular expressions (RE2) of one sign-in's response, one for each scheme that a browser may ask by: HSTS from
 * `localhost` makes it `https` (RFC 6797 §8.3); addresses have no HSTS. Both browsers match the URL with its fragment.
 * What a filter leaves open, `parseAuthorizationResponse` compares.
 */
export function responseFilters({ redirectUri, state, inFragment }: AuthorizationRequest): string[] {
  const [mark, others] = inFragment ? ['#', '.*'] : ['\\?', '[^#]*'];
  const end = state !== undefined && state.length > STATE_IN_FILTER ? '.*' : '(?:[&#].*)?';
  const known = state && escapeRegex(state.slice(0, STATE_IN_FILTER));
  const parameters = known ? `(?:${others}&)?state=${known}${end}` : '.+';
  const addresses = [redirectUri, redirectUri.replace('http://localhost:', 'https://localhost:')];
  return [...new Set(addresses)].map((address) => `^${escapeRegex(address)}${mark}${parameters}$`);
}

/** A rule for each filter. */
function idsOf(ruleId: number): [number, number] {
  return [2 * ruleId, 2 * ruleId + 1];
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
