import { browser } from 'wxt/browser';
import * as z from 'zod/mini';
import { pagesIn } from '../browser/runInPage';
import { originOf, placesNear, readServerUrl, type ServerUrl } from './serverUrl';

/**
 * Base paths are short, and a home server's ingress has three parts (`/api/hassio_ingress/…`): a page deep inside a site is not
 * searched all the way down. Two places in each folder.
 */
const MOST_PLACES = 8;
/** Of the page and what it has in frames together. */
const MOST_REQUESTS = 16;

/**
 * Looks whether the tab that the user is on shows opencode. The click on the toolbar icon that opened the popup allows
 * it for this one tab and no longer (`activeTab`).
 * @returns the server's URL, or undefined when it is no opencode or may not be asked
 */
export async function findOpencodeInActiveTab(): Promise<ServerUrl | undefined> {
  const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
  const page = readServerUrl(tab?.url ?? '');
  if (tab?.id === undefined || !page) return undefined;
  const isApi = (url: string) => Number(url.endsWith('/api'));
  const framed = (await pagesIn(tab.id)).filter(({ url }) => originOf(url) === originOf(page));
  const shown = [page, ...framed.flatMap(({ url }) => readServerUrl(url) ?? [])];
  const places = [...new Set(shown.flatMap((url) => placesNear(url).slice(-MOST_PLACES)))];
  const candidates = places.slice(0, MOST_REQUESTS).sort((a, b) => isApi(a) - isApi(b) || a.length - b.length);
  const [answer] = await browser.scripting
    .executeScript({ target: { tabId: tab.id }, func: findHealthy, args: [candidates] })
    // No page of a site, or the popup was opened without that click.
    .catch(() => []);
  const found = z.string().safeParse(answer?.result).data;
  return candidates.find((candidate) => candidate === found);
}

/** Runs in the tab, so it must stand alone. @returns the first URL at which opencode says that it is there */
async function findHealthy(urls: string[]): Promise<string | undefined> {
  for (const url of urls) {
    try {
      const response = await fetch(`${url}/global/health`, { redirect: 'manual', signal: AbortSignal.timeout(5_000) });
      const health = await response.json();
      if (health.healthy === true && typeof health.version === 'string') return url;
    } catch {
      // Not JSON, or no answer.
    }
  }
  return undefined;
}
