import { browser } from 'wxt/browser';
import { runInPage } from '../browser/runInPage';
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

/** The tab that shows a server, the one that was used last if there are several. */
export async function findServerTab(url: ServerUrl): Promise<number | undefined> {
  return (await serverTabs(url))[0];
}

/** The tabs that show a server, the one that was used last first. */
export async function serverTabs(url: ServerUrl): Promise<(number | undefined)[]> {
  const [isPage, tabs] = await Promise.all([
    pagesOf(url),
    browser.tabs.query({ url: hostPattern(url), discarded: false, status: 'complete' }),
  ]);
  const shown = tabs.filter(isPage).sort((a, b) => (b.lastAccessed ?? 0) - (a.lastAccessed ?? 0));
  return shown.map(({ id }) => id);
}

/** A home server's page shows one thing. */
const MOST_FRAMES = 5;

/**
 * What is shown in frames of an open page, which has its own address in the address bar: home servers show opencode so.
 * @param page the address, as `parseServerUrl` has it
 */
export async function framesOf(page: ServerUrl): Promise<ServerUrl[]> {
  const tabs = await browser.tabs.query({ url: hostPattern(page) });
  const shown = await Promise.all(
    tabs.map(({ id = 0, url = '' }) => (readServerUrl(url) === page ? addressesIn(id) : [])),
  );
  return shown.flat().filter((url) => originOf(url) === originOf(page));
}

/** The addresses of the page in a tab and of the frames in it, as far as the extension may see them. */
export async function addressesIn(tabId: number): Promise<ServerUrl[]> {
  const shown = (await runInPage({ tabId, allFrames: true }, () => location.href)) ?? [];
  return shown.slice(0, MOST_FRAMES + 1).flatMap((url) => readServerUrl(`${url}`) ?? []);
}

/** Tells the pages of a server, which may be added only now, from those of others at its origin. */
export async function pagesOf(url: ServerUrl): Promise<(page: { url?: string | undefined }) => boolean> {
  const servers = [...new Set([url, ...(await serversAtHand()).map((server) => server.url)])];
  return (page) => ownerOf(page.url ?? '', servers) === url;
}
