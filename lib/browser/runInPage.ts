import { browser } from 'wxt/browser';
import { pause } from './pause';

/** A page that is open: in a tab, or in a frame of another page there, as home servers show opencode. 0 is the tab's own. */
export interface Page {
  tabId: number;
  frameId: number;
}

/** A page that hangs never answers. */
const PAGE_WAIT_MS = 2_000;

/**
 * Runs a function in a page.
 * @param func stands alone: nothing from outside its braces
 * @returns what it answers; undefined where the page hangs, is gone, or is none that the extension may look at
 */
export async function runInPage<A extends unknown[]>(
  { tabId, frameId }: Page,
  func: (...args: A) => unknown,
  ...args: A
): Promise<unknown> {
  return (await run({ tabId, frameIds: [frameId] }, func, args))[0]?.result;
}

/**
 * The pages in a tab: its own, and those in frames that the extension may look at. None where they hang.
 * @returns each with its address, without query and fragment
 */
export async function pagesIn(tabId: number): Promise<(Page & { url: string })[]> {
  const all = await run({ tabId, allFrames: true }, () => location.origin + location.pathname, []);
  return all.map(({ frameId, result }) => ({ tabId, frameId, url: `${result}` }));
}

async function run(target: object, func: (...args: never[]) => unknown, args: unknown[]) {
  const ran = browser.scripting
    .executeScript({ target, func, args } as Parameters<typeof browser.scripting.executeScript>[0])
    .catch(() => []);
  return (await Promise.race([ran, pause(PAGE_WAIT_MS)])) ?? [];
}
