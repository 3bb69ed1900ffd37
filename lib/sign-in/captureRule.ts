import { browser } from 'wxt/browser';
import type { Armed } from './signIn';

/**
 * The session rule that catches one sign-in's response: exactly this redirect URI with exactly this state, top-level
 * navigations of its own tabs only. The browser applies it before anything reaches the network, also while the worker
 * sleeps.
 */
export async function armCaptureRule({ ruleId, redirectUri, state, tabIds }: Armed): Promise<void> {
  const query = `\\?(?:[^#]*&)?state=${escapeRegex(state)}(?:[&#].*)?`;
  await browser.declarativeNetRequest.updateSessionRules({
    removeRuleIds: [ruleId],
    addRules: [
      {
        id: ruleId,
        condition: {
          regexFilter: `^${escapeRegex(redirectUri)}${query}$`,
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

export async function disarmCaptureRules(ruleIds: number[]): Promise<void> {
  if (ruleIds.length > 0) await browser.declarativeNetRequest.updateSessionRules({ removeRuleIds: ruleIds });
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
