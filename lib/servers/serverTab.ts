import { browser } from 'wxt/browser';
import { hostPattern } from './hostPermission';
import { isPageOf, type ServerUrl } from './serverUrl';

/** Calls back each time that a tab has loaded a page of a server: its login may apply now. @returns how to stop that */
export function watchServerTabs(url: ServerUrl, onLoaded: () => void): () => void {
  const listener: Parameters<typeof browser.tabs.onUpdated.addListener>[0] = (_, change, tab) => {
    if (change.status === 'complete' && isPageOf(url, tab.url ?? '')) onLoaded();
  };
  browser.tabs.onUpdated.addListener(listener);
  return () => browser.tabs.onUpdated.removeListener(listener);
}

/** The tab that shows a server, the one that was used last if there are several. */
export async function findServerTab(url: ServerUrl): Promise<number | undefined> {
  const tabs = await browser.tabs.query({ url: hostPattern(url), discarded: false, status: 'complete' });
  return tabs
    .filter((tab) => isPageOf(url, tab.url ?? ''))
    .sort((a, b) => (b.lastAccessed ?? 0) - (a.lastAccessed ?? 0))[0]?.id;
}
