import { browser } from 'wxt/browser';
import { type Page, pagesIn } from '../browser/runInPage';
import { hostPattern } from './hostPermission';
import { serversAtHand } from './serverMemory';
import { originOf, ownerOf, readServerUrl, type ServerUrl } from './serverUrl';

/** Calls back each time that a tab has loaded a page of a server: its login may apply now. @returns how to stop that */
export function watchServerTabs(url: ServerUrl, onLoaded: () => void): () => void {
  const listener: Parameters<typeof browser.tabs.onUpdated.addListener>[0] = (_, change, tab) => {
    if (change.status === 'complete') void pagesOf(url).then((isPage) => isPage(tab) && onLoaded());
  };
  browser.tabs.onUpdated.addListener(listener);
  return () => browser.tabs.onUpdated.removeListener(listener);
}

/** The page of a server that was used last, if one is open. */
export async function findServerPage(url: ServerUrl): Promise<Page | undefined> {
  return (await serverPages(url))[0];
}

/** The open pages of a server, the one that was used last first: tabs, or where there is none, frames in others' pages. */
export async function serverPages(url: ServerUrl): Promise<Page[]> {
  const [isPage, tabs] = await Promise.all([
    pagesOf(url),
    browser.tabs.query({ url: hostPattern(url), discarded: false, status: 'complete' }),
  ]);
  tabs.sort((a, b) => (b.lastAccessed ?? 0) - (a.lastAccessed ?? 0));
  const own = tabs.filter(isPage).map(({ id = 0 }) => ({ tabId: id, frameId: 0 }));
  return own.length > 0 ? own : (await Promise.all(tabs.map(({ id = 0 }) => pagesIn(id)))).flat().filter(isPage);
}

/** A home server's page shows one thing. */
const MOST_PAGES = 6;

/**
 * What is shown in frames of an open page, which has its own address in the address bar.
 * @param page the address, as `parseServerUrl` has it
 */
export async function framesOf(page: ServerUrl): Promise<ServerUrl[]> {
  const tabs = await browser.tabs.query({ url: hostPattern(page) });
  const shown = await Promise.all(tabs.map(({ id = 0, url = '' }) => (readServerUrl(url) === page ? pagesIn(id) : [])));
  const own = shown.flat().filter(({ url }) => originOf(url) === originOf(page));
  return own.slice(0, MOST_PAGES).flatMap(({ url }) => readServerUrl(url) ?? []);
}

/** Tells the pages of a server, which may be added only now, from those of others at its origin. */
export async function pagesOf(url: ServerUrl): Promise<(page: { url?: string | undefined }) => boolean> {
  const servers = [url, ...(await serversAtHand()).map((server) => server.url)];
  return (page) => ownerOf(page.url ?? '', servers) === url;
}
