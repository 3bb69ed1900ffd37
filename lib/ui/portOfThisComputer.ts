import { browser } from 'wxt/browser';
import { isConnectionRefused, loopbackPattern } from '../browser/differences';
import { pause } from '../browser/pause';

/** A path that no program knows; what is asked carries nothing. */
const UNKNOWN_PATH = '/callback-courier/is-anybody-there';
const LONGEST_MS = 3_000;
/** The browser reports the error to `webRequest` right after `fetch` has failed. */
const REPORT_MS = 1_000;

/** What is at a port of the user's own machine: nobody, a program that answers, or one that neither answers nor refuses. */
export type PortUse = 'free' | 'taken' | 'silent';

/** Finds out who is at the port of a loopback URL, on the machine that the browser runs on. */
export async function findUseOfPort(loopbackUrl: string): Promise<PortUse> {
  const url = new URL(UNKNOWN_PATH, loopbackUrl).href;
  const { promise: error, resolve } = Promise.withResolvers<string>();
  const listen = (details: { url: string; error: string }) => details.url === url && resolve(details.error);
  browser.webRequest.onErrorOccurred.addListener(listen, { urls: [loopbackPattern(url)], types: ['xmlhttprequest'] });
  try {
    const signal = AbortSignal.timeout(LONGEST_MS);
    // A program that asks for a password must not make the browser ask the user.
    await fetch(url, { credentials: 'omit', cache: 'no-store', redirect: 'manual', signal });
    return 'taken';
  } catch {
    const name = await Promise.race([error, pause(REPORT_MS).then(() => '')]);
    return isConnectionRefused(name) ? 'free' : 'silent';
  } finally {
    browser.webRequest.onErrorOccurred.removeListener(listen);
  }
}
