import { browser } from 'wxt/browser';
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
  const page = originUrl ?? (only && (await pageThatStarted(tabId, origin)));
  return ownerOf(page ?? '', servers);
}

/** Chromium tells the origin alone: the page is the one that the tab shows still, or that of the tab that opened it. */
async function pageThatStarted(tabId: number, origin: string | undefined): Promise<string | undefined> {
  const tab = await browser.tabs.get(tabId).catch(() => undefined);
  const opener = tab?.openerTabId;
  const openerTab = opener === undefined ? undefined : await browser.tabs.get(opener).catch(() => undefined);
  return [tab?.url, openerTab?.url].find((url) => url !== undefined && originOf(url) === origin);
}
