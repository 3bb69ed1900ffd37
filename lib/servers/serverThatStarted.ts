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
  // Chromium tells the origin alone: the page is the one that the tab shows still, or that of the tab that opened it.
  const tab = await getTab(tabId);
  if (originOf(tab?.url ?? '') === origin) return ownerOf(tab?.url ?? '', servers);
  const opener = await getTab(tab?.openerTabId);
  return ownerOf(opener?.url ?? '', servers) ?? ownerOfFrames(opener?.id, origin, servers);
}

async function getTab(id: number | undefined) {
  return id === undefined ? undefined : browser.tabs.get(id).catch(() => undefined);
}

/** The server whose pages are all that a tab has of an origin in frames: a home server's own page is none of opencode's. */
async function ownerOfFrames(tabId: number | undefined, origin: string | undefined, servers: ServerUrl[]) {
  const pages = tabId === undefined ? [] : await pagesIn(tabId);
  const framed = pages.filter(({ url, frameId }) => frameId !== 0 && originOf(url) === origin);
  const [owner, ...others] = framed.map(({ url }) => ownerOf(url, servers));
  return others.every((other) => other === owner) ? owner : undefined;
}
