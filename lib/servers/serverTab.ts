import { browser } from 'wxt/browser';
import { hostPattern } from './hostPermission';
import { serversAtHand } from './serverMemory';
import { ownerOf, type ServerUrl } from './serverUrl';

/** Calls back each time that a tab has loaded a page of a server: its login may apply now. @returns how to stop that */
export function watchServerTabs(url: ServerUrl, onLoaded: () => void): () => void {
  const listener: Parameters<typeof browser.tabs.onUpdated.addListener>[0] = (_, change, tab) => {
    if (change.status === 'complete') void pagesOf(url).then((isPage) => isPage(tab) && onLoaded());
  };
  browser.tabs.onUpdated.addListener(listener);
  return () => browser.tabs.onUpdated.removeListener(listener);
}

/** The tab that shows a server, the one that was used last if there are several. */
export async function findServerTab(url: ServerUrl): Promise<number | undefined> {
  const [isPage, tabs] = await Promise.all([
    pagesOf(url),
    browser.tabs.query({ url: hostPattern(url), discarded: false, status: 'complete' }),
  ]);
  return tabs.filter(isPage).sort((a, b) => (b.lastAccessed ?? 0) - (a.lastAccessed ?? 0))[0]?.id;
}

/** Tells the pages of a server, which may be added only now, from those of others at its origin. */
export async function pagesOf(url: ServerUrl): Promise<(page: { url?: string | undefined }) => boolean> {
  const servers = [url, ...(await serversAtHand()).map((server) => server.url)];
  return (page) => ownerOf(page.url ?? '', servers) === url;
}
