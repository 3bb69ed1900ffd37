import { browser } from 'wxt/browser';
import type { ServerUrl } from '../servers/server';
import type { ApiAnswer, Channel } from './channel';
import { fetchAnswer, fetchCall } from './fetchAnswer';
import { dropCall, holdCall } from './heldCalls';

/**
 * A channel through a tab that shows the server: same origin, so the page's own Basic credentials, SSO cookies and
 * gateway sessions apply.
 */
export function tabChannel(serverUrl: ServerUrl, tabId: number, authorization: string | undefined): Channel {
  return {
    kind: 'tab',
    async send(request) {
      const call = fetchCall(serverUrl, request, authorization);
      // Only in Firefox the tab has to ask back for it: see heldCalls.ts.
      const held = import.meta.env.FIREFOX ? holdCall(call, tabId) : undefined;
      try {
        const [result] = await browser.scripting.executeScript({
          target: { tabId },
          injectImmediately: true,
          func: fetchAnswer,
          args: [held ?? call],
        });
        return (result?.result as ApiAnswer | undefined) ?? { kind: 'failed', reason: 'network' };
      } catch {
        // The tab was closed, navigated away, or shows the browser's own error page.
        return { kind: 'failed', reason: 'network' };
      } finally {
        if (held) dropCall(held);
      }
    },
  };
}
