import { browser } from 'wxt/browser';
import type { AuthorizationRequest } from '../oauth/authorizationRequest';
import type { Armed } from './signIn';

/**
 * The session rule that catches one sign-in's response: exactly this redirect URI with exactly this state, top-level
 * navigations of its own tabs only. The browser applies it before anything reaches the network, also while the worker
 * sleeps.
 */
export async function armCaptureRule({ ruleId, tabIds, ...expected }: Armed): Promise<void> {
  await browser.declarativeNetRequest.updateSessionRules({
    removeRuleIds: [ruleId],
    addRules: [
      {
        id: ruleId,
        condition: {
          regexFilter: responseFilter(expected),
          isUrlFilterCaseSensitive: true,
          resourceTypes: ['main_frame'],
          tabIds,
        },
        action: {
          type: 'redirect',
          // The whole callback URL becomes the page's query: byte for byte, and with its fragment still behind it.
          redirect: { regexSubstitution: `${browser.runtime.getURL('/callback.html')}?\\0` },
        },
      },
    ],
  });
}

/**
 * The regular expression (RE2) of one sign-in's response. Both browsers match it against the URL with its fragment. A
 * browser that has had HSTS from `localhost` asks there by `https` (RFC 6797 §8.3); addresses have no HSTS.
 */
export function responseFilter({ redirectUri, state, inFragment }: AuthorizationRequest): string {
  const address = escapeRegex(redirectUri).replace(/^http:(?=.{4}localhost)/, 'https?:');
  const [mark, others] = inFragment ? ['#', '.*'] : ['\\?', '[^#]*'];
  const parameters = state === undefined ? '.+' : `(?:${others}&)?state=${escapeRegex(state)}(?:[&#].*)?`;
  return `^${address}${mark}${parameters}$`;
}

export async function disarmCaptureRules(ruleIds: number[]): Promise<void> {
  if (ruleIds.length > 0) await browser.declarativeNetRequest.updateSessionRules({ removeRuleIds: ruleIds });
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
