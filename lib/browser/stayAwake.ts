import { browser } from 'wxt/browser';

/** Both browsers end a background that has done nothing for 30 seconds; waiting for a server's answer is nothing to them. */
const CALL_EVERY_MS = 20_000;

let works = 0;
let calls: ReturnType<typeof setInterval> | undefined;

/** Keeps the background running until some work has ended: a call of the browser's own counts as doing something. */
export async function stayAwake<T>(work: Promise<T>): Promise<T> {
  works += 1;
  calls ??= setInterval(() => void browser.runtime.getPlatformInfo(), CALL_EVERY_MS);
  try {
    return await work;
  } finally {
    works -= 1;
    if (works === 0) {
      clearInterval(calls);
      calls = undefined;
    }
  }
}
