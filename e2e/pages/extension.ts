/** The extension's own pages. */
import type { Browser as WebExtensionApi } from 'webextension-polyfill';
import type { BrowserDriver, Tab } from '../drivers/driver.ts';

export function openPopup(browser: BrowserDriver): Promise<Tab> {
  return browser.newTab(browser.extensionUrl('popup.html'));
}

/** Opens the form for it where servers are there already, types a URL and presses Add server; answers what came of it. */
export async function addServer(popup: Tab, url: string): Promise<string> {
  const shown = await popup.waitForText('main', /Server URL|Add another server/);
  if (!shown.includes('Server URL')) await popup.click({ role: 'button', name: 'Add another server' });
  await popup.fill({ role: 'textbox', name: 'Server URL' }, url);
  await popup.click({ role: 'button', name: 'Add server' });
  return popup.waitForText('[role=status]', /^(?!Looking for|The browser asks)./);
}

/** What has the keyboard: by the name it is given, that of its field, or its text. */
export function focused(tab: Tab): Promise<string | undefined> {
  return tab.evaluate(() => {
    const element = document.activeElement;
    const label = element instanceof HTMLInputElement ? element.labels?.[0]?.innerText : undefined;
    return (element?.getAttribute('aria-label') ?? label ?? element?.textContent)?.trim();
  }, undefined);
}

/** The servers that the extension remembers for good, in the order of adding. */
export function storedServers(browser: BrowserDriver): Promise<unknown[]> {
  return browser.background(async ({ storage }) => {
    const items = Object.entries(await storage.sync.get()).filter(([key]) => key.startsWith('server:'));
    const stored = items.map(([, item]) => item as { addedAt: number; server: unknown });
    return stored.sort((a, b) => a.addedAt - b.addedAt).map(({ server }) => server);
  });
}

/**
 * Has the extension know a server, as if the user had added it some time ago: by what that leaves in its storage. Adding one
 * in the popup takes two seconds, and is in servers.spec.
 */
export async function haveServer(browser: BrowserDriver, url: string): Promise<void> {
  const item = { version: 1, addedAt: Date.now(), server: { url } };
  await browser.background(
    async ({ storage }, items) => {
      await storage.sync.set(items);
      // Until two to three seconds after its start Chromium does not know its policies, and the extension no server. Firefox
      // rejects where there is none.
      await storage.managed.get().catch(() => {});
    },
    { [`server:${url}`]: item },
  );
}

/** Adds a server that has a password, and stores that, by what the popup's form says to the background. */
export async function haveServerWithPassword(browser: BrowserDriver, url: string, password: string): Promise<void> {
  await haveServer(browser, url);
  const popup = await openPopup(browser);
  await storePassword(popup, url, password);
  await popup.close();
}

/** @param page one of the extension's */
export async function storePassword(page: Tab, url: string, password: string): Promise<void> {
  await page.evaluate(
    async (data) => {
      const { chrome } = globalThis as unknown as { chrome: WebExtensionApi };
      await chrome.runtime.sendMessage({ id: 0, type: 'saveCredentials', data, timestamp: 0 });
    },
    { url, credentials: { username: 'opencode', password } },
  );
}

/** Removes a server, in a popup of its own. @param name as the popup calls it */
export async function removeServer(browser: BrowserDriver, name: string): Promise<void> {
  const popup = await openPopup(browser);
  // It asks every server how it is.
  await popup.waitForText('ul[aria-label=Servers]', /opencode \d|cannot be reached/);
  await popup.click({ role: 'button', name: `More about ${name}` });
  await popup.click({ role: 'button', name: 'Remove' });
  await popup.waitForText('[role=status]', /^Removed/);
  await popup.close();
}

/** Waits until the callback page is in a phase; answers what it says. */
export async function waitForPhase(
  tab: Tab,
  phase: 'captured' | 'delivering' | 'completed' | 'failed',
): Promise<string> {
  const text = await tab.waitForText(`html[data-phase=${phase}] [role=status]`, /./).catch(async (error: Error) => {
    const saw = await tab.evaluate(
      () => `${document.documentElement.dataset.phase}: ${document.body.innerText}`,
      undefined,
    );
    throw new Error(`${error.message}\nThe page says ${saw}`);
  });
  // Whoever moves the pointer on it keeps the page from closing by itself.
  if (phase === 'completed')
    await tab.evaluate(() => document.dispatchEvent(new Event('pointermove')) && undefined, undefined);
  return text;
}

/** Waits until the callback page says how the sign-in has ended, well or badly; answers what it says. */
export function waitForEnd(tab: Tab): Promise<string> {
  return tab.waitForText('html:is([data-phase=completed], [data-phase=failed]) [role=status]', /./);
}

/** Sets where the listener of opencode.example.com is published, in the popup's details. @returns the popup */
export async function setCallbackUrl(browser: BrowserDriver, text: string): Promise<Tab> {
  const popup = await openPopup(browser);
  await popup.click({ role: 'button', name: 'More about opencode.example.com' });
  await popup.click({ xpath: '//label[contains(., "Through a callback URL")]//input' });
  await popup.fill({ role: 'textbox', name: 'Callback URL' }, text);
  await popup.click({ role: 'button', name: 'Save' });
  return popup;
}

/** The hosts that the extension may access without asking: manifest.spec has the list. Sorted. */
export const hostsFromTheStart = [
  'http://127.0.0.1/*',
  'http://[::1]/*',
  'http://localhost/*',
  'https://auth.openai.com/*',
  'https://localhost/*',
];

/** How many rules are in force that would capture a response. */
export function captureRules(browser: BrowserDriver): Promise<number> {
  return browser.background(
    async ({ declarativeNetRequest }) => (await declarativeNetRequest.getSessionRules()).length,
  );
}
