import { browser } from 'wxt/browser';
import { pagesIn } from '../browser/runInPage';
import { serversAtHand } from './serverMemory';
import { originOf, ownerOf, type ServerUrl } from './serverUrl';

/** A navigation that a page may have started, as `webRequest.onBeforeRequest` reports it. */
export interface StartedNavigation {
  url: string;
  tabId: number;
  /** Firefox: the URL of the page that started the navigation. */
  originUrl?: string | undefined;
  /** Chromium: its origin. Absent for typed and pasted URLs. */
  initiator?: string | undefined;
}

/**
 * The server whose page started a navigation (`ownerOf`). Where the page is not known, that is the only one at its origin, if that
 * has the origin to itself.
 */
export async function serverThatStarted(navigation: StartedNavigation): Promise<ServerUrl | undefined> {
  const { tabId, originUrl, initiator } = navigation;
  const origin = originOf(originUrl ?? initiator ?? '');
  const servers = (await serversAtHand()).map(({ url }) => url).filter((url) => originOf(url) === origin);
  const [only, another] = servers;
  if (only === origin && !another) return only;
  if (originUrl || !only) return ownerOf(originUrl ?? '', servers);
  // Chromium tells the origin alone: the page is one that the tab shows still, or the tab that opened it.
  const tab = await browser.tabs.get(tabId).catch(() => undefined);
  const opener = await browser.tabs.get(tab?.openerTabId ?? -1).catch(() => undefined);
  const [page] = [tab?.url, opener?.url].filter((url) => originOf(url ?? '') === origin);
  return ownerOf(page ?? '', servers) ?? ownerOfFrames(opener?.id ?? -1, origin, servers);
}

/** The server whose pages are all that a tab has of an origin in frames: a home server's own page is none of opencode's. */
async function ownerOfFrames(tabId: number, origin: string | undefined, servers: ServerUrl[]) {
  const pages = await pagesIn(tabId);
  const owners = pages
    .filter(({ url, frameId }) => frameId !== 0 && originOf(url) === origin)
    .map(({ url }) => ownerOf(url, servers));
  return owners.every((owner) => owner === owners[0]) ? owners[0] : undefined;
}
