/**
 * A page of the extension that watches sign-ins: for what the background cannot be asked, since its debugger would keep it
 * awake (Chromium), or since nothing of the driver's reaches into it (Firefox).
 */
import type { Browser as WebExtensionApi } from 'webextension-polyfill';
import type { BrowserDriver, Tab } from '../e2e/drivers/driver.ts';

export function openObserver(browser: BrowserDriver): Promise<Tab> {
  return browser.newTab(browser.extensionUrl('callback.html'));
}

/**
 * Runs what makes a sign-in start.
 * @returns how long after the authorization request its capture rule was in force, in milliseconds; and what was started
 */
export async function timeArming<T>(observer: Tab, start: () => Promise<T>): Promise<{ took: number; started: T }> {
  await observer.evaluate(async () => {
    const { chrome: api } = globalThis as unknown as { chrome: WebExtensionApi };
    const rules = async () => JSON.stringify(await api.declarativeNetRequest.getSessionRules());
    const before = await rules();
    const asked = new Promise<number>((resolve) =>
      api.webRequest.onBeforeRequest.addListener(
        function onAsked({ timeStamp }) {
          api.webRequest.onBeforeRequest.removeListener(onAsked);
          resolve(timeStamp);
          return undefined;
        },
        { urls: ['https://auth.openai.com/oauth/authorize*'] },
      ),
    );
    (globalThis as { armed?: Promise<number> }).armed = asked.then(async (at) => {
      while ((await rules()) === before);
      return performance.timeOrigin + performance.now() - at;
    });
  }, undefined);
  const started = await start();
  const armed = await observer.evaluate(() => (globalThis as { armed?: Promise<number> }).armed, undefined);
  return { took: armed ?? Number.NaN, started };
}

/**
 * Runs what leads a tab to a capture page.
 * @returns when its navigation to the redirect URI began, in milliseconds since the epoch
 */
export async function timeNavigation(observer: Tab, navigate: () => Promise<unknown>): Promise<number> {
  await observer.evaluate(() => {
    const { chrome: api } = globalThis as unknown as { chrome: WebExtensionApi };
    (globalThis as { navigated?: Promise<number> }).navigated = new Promise((resolve) =>
      api.webRequest.onBeforeRequest.addListener(
        function onNavigated({ timeStamp }) {
          api.webRequest.onBeforeRequest.removeListener(onNavigated);
          resolve(timeStamp);
          return undefined;
        },
        // Firefox never matches a pattern with a port.
        { urls: ['http://localhost/auth/callback*'], types: ['main_frame'] },
      ),
    );
  }, undefined);
  await navigate();
  const navigated = await observer.evaluate(() => (globalThis as { navigated?: Promise<number> }).navigated, undefined);
  return navigated ?? Number.NaN;
}

/** When a page has painted its first content, in milliseconds since the epoch. */
export function paintOf(page: Tab): Promise<number> {
  return page.evaluate(() => {
    const paint = performance.getEntriesByName('first-contentful-paint')[0];
    return performance.timeOrigin + (paint?.startTime ?? Number.NaN);
  }, undefined);
}
