import { browser } from 'wxt/browser';
import type { ServerUrl } from '../servers/server';
import type { ApiAnswer, Channel } from './channel';
import { fetchAnswer, fetchCall } from './fetchAnswer';
import { dropCall, holdCall } from './heldCalls';

/** The calls that are under way in tabs, or were a moment ago. */
const ownCalls = new Set<string>();
/** Firefox may report a request to `webRequest` only after its answer. */
const REPORTED_AFTER_MS = 5_000;

/** Whether a request that `webRequest` shows in a tab is one of the extension's own, and not the page's. */
export function isOwnCall({ url, tabId }: { url: string; tabId: number }): boolean {
  return ownCalls.has(`${tabId} ${url}`);
}

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
      const key = `${tabId} ${call.url}`;
      ownCalls.add(key);
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
        setTimeout(() => ownCalls.delete(key), REPORTED_AFTER_MS);
        if (held) dropCall(held);
      }
    },
  };
}
