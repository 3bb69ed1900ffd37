import { browser } from 'wxt/browser';
import type { ServerUrl } from '../servers/server';
import { findServerTab } from '../servers/serverTab';
import type { ApiAnswer, Channel } from './channel';
import { fetchAnswer, fetchCall } from './fetchAnswer';
import { dropCall, holdCall } from './heldCalls';

/**
 * A channel through a tab that shows the server: same origin, so the page's own Basic credentials, SSO cookies and
 * gateway sessions apply. @returns undefined when no such tab is open
 */
export async function openTabChannel(
  serverUrl: ServerUrl,
  authorization: string | undefined,
): Promise<Channel | undefined> {
  const tabId = await findServerTab(serverUrl);
  if (tabId === undefined) return undefined;
  return {
    kind: 'tab',
    async send(request) {
      const held = holdCall(fetchCall(serverUrl, request, authorization), tabId);
      try {
        const [result] = await browser.scripting.executeScript({
          target: { tabId },
          injectImmediately: true,
          func: fetchAnswer,
          args: [held],
        });
        return (result?.result as ApiAnswer | undefined) ?? { kind: 'failed', reason: 'network' };
      } catch {
        // The tab was closed, navigated away, or shows the browser's own error page.
        return { kind: 'failed', reason: 'network' };
      } finally {
        dropCall(held);
      }
    },
  };
}
