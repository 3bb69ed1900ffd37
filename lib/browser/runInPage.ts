import { browser } from 'wxt/browser';
import { pause } from './pause';

/** A page that hangs never answers. */
const PAGE_WAIT_MS = 2_000;

/**
 * Runs a function in a page, in one of its frames, or in all of them.
 * @param func stands alone: nothing from outside its braces
 * @returns what it answers in each; undefined where the page hangs, is gone, or is none that the extension may look at
 */
export async function runInPage<A extends unknown[]>(
  target: { tabId: number; frameIds?: number[]; allFrames?: boolean },
  func: (...args: A) => unknown,
  ...args: A
): Promise<unknown[] | undefined> {
  const run = browser.scripting.executeScript({ target, func, args }).then(
    (ran) => ran.map(({ result }) => result),
    () => undefined,
  );
  return (await Promise.race([run, pause(PAGE_WAIT_MS)])) ?? undefined;
}
