/** A stock Firefox (Debian's firefox-esr) over WebDriver BiDi. Playwright cannot drive one with extensions. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import puppeteer, { type Browser, type ElementHandle, type Page } from 'puppeteer-core';
import type { BrowserDriver, LaunchOptions, Tab, Target } from './driver.ts';

/** As in wxt.config.ts. */
const EXTENSION_ID = 'callback-courier@callback-courier.example';
/** Firefox makes up an origin for each installation; a fixed one tells the driver where the extension's pages are. */
const EXTENSION_UUID = '5f3c1c5e-0b4d-4f0e-9d43-6c1f8a6f2b10';
const TIMEOUT_MS = 30_000;
const POLL_MS = 50;

export async function launchFirefox(options: LaunchOptions): Promise<BrowserDriver & { puppeteer: Browser }> {
  const profile = mkdtempSync(join(tmpdir(), 'courier-firefox-'));
  trustAuthority(profile, options.authority);
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: findFirefox(),
    headless: options.headless ?? true,
    userDataDir: profile,
    env: { ...process.env, ...options.env },
    defaultViewport: null,
    args: ['--remote-allow-system-access', '--width=1280', '--height=900'],
    extraPrefsFirefox: {
      'extensions.webextensions.uuids': JSON.stringify({ [EXTENSION_ID]: EXTENSION_UUID }),
      // Permission prompts are answered with yes; a real click is still needed to ask.
      'extensions.webextOptionalPermissionPrompts': false,
      // A URL with credentials, which stands for typing them into the browser's prompt, asks no further question.
      'network.auth.confirmAuth.enabled': false,
      ...options.firefoxPrefs,
    },
  });
  if (options.extension) await browser.installExtension(options.extension);

  const driver: BrowserDriver & { puppeteer: Browser } = {
    name: 'firefox',
    puppeteer: browser,
    async newTab(url) {
      const tab = tabOf(await browser.newPage());
      if (url) await tab.goto(url);
      return tab;
    },
    async tabOpenedBy(action) {
      const before = new Set(await browser.pages());
      await action();
      return tabOf(await until('a new tab', async () => (await browser.pages()).find((page) => !before.has(page))));
    },
    extensionUrl: (path) => `moz-extension://${EXTENSION_UUID}/${path}`,
    async background(fn) {
      // Firefox's event page has no window that BiDi reaches; a page of the extension has the same API.
      const page = await driver.newTab(driver.extensionUrl('popup.html'));
      const value = await page.evaluate(`(${fn.toString()})(browser)` as never, undefined);
      await page.close();
      return value as never;
    },
    async moveClock(milliseconds) {
      const page = await driver.newTab(driver.extensionUrl('popup.html'));
      await page.evaluate(async (by) => {
        const { runtime } = (
          globalThis as unknown as { browser: { runtime: { getBackgroundPage(): Promise<typeof globalThis> } } }
        ).browser;
        const background = await runtime.getBackgroundPage();
        const now = background.Date.now;
        background.Date.now = () => now() + by;
      }, milliseconds);
      await page.close();
    },
    async close() {
      await browser.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return driver;
}

/** The system's Firefox. @throws when there is none */
export function findFirefox(): string {
  const candidates = [process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'];
  const found = candidates.find((path) => path && existsSync(path));
  if (!found) throw new Error('No Firefox found. Install one, or set FIREFOX to its path.');
  return found;
}

/** Puts the run's own authority, and no other, into the profile's certificate store. */
function trustAuthority(profile: string, authority: string): void {
  const file = join(profile, 'authority.pem');
  writeFileSync(file, authority);
  const database = ['-d', `sql:${profile}`];
  execFileSync('certutil', ['-N', '--empty-password', ...database]);
  execFileSync('certutil', ['-A', '-n', 'courier', '-t', 'C,,', '-i', file, ...database]);
}

function tabOf(page: Page): Tab {
  const evaluate = <T, A>(fn: (argument: A) => T | Promise<T>, argument: A): Promise<T> =>
    page.evaluate(fn as never, argument as never) as Promise<T>;

  const find = (target: Target): Promise<ElementHandle> =>
    until(JSON.stringify(target), async () => {
      const element = await page.$(selectorOf(target));
      return element && (await element.isVisible()) ? element : undefined;
    });

  return {
    async goto(url) {
      // An extension's page never reports that it has loaded: whoever needs something on it waits for that.
      await page.goto(url, url.startsWith('moz-extension:') ? { waitUntil: [] } : {}).catch((error: Error) => {
        if (!/NS_ERROR|Navigation|net::/i.test(error.message)) throw error;
      });
    },
    url: () => evaluate(() => window.location.href, undefined),
    async click(target) {
      await until(`a click on ${JSON.stringify(target)}`, async () => {
        const element = await find(target);
        // It may have been replaced, or still be on the move.
        return element.click().then(
          () => true,
          () => undefined,
        );
      });
    },
    async fill(target, text) {
      const element = await find(target);
      await element.evaluate((input) => (input as HTMLInputElement).select());
      await page.keyboard.press('Backspace');
      if (text) await element.type(text);
    },
    async waitFor(target) {
      await find(target);
    },
    waitForText(css, pattern) {
      return until(`${pattern} in ${css}`, () =>
        page.evaluate(
          (selector, source, flags) => {
            const wanted = new RegExp(source, flags);
            const elements = [...document.querySelectorAll<HTMLElement>(selector)];
            return elements.find((element) => wanted.test(element.innerText.replace(/\s+/g, ' ')))?.innerText;
          },
          css,
          pattern.source,
          pattern.flags,
        ),
      );
    },
    waitForErrorPage() {
      return until('an error page', async () => {
        const uri = await page.evaluate(() => document.documentURI);
        if (!uri.startsWith('about:neterror')) return undefined;
        return uri.includes('e=connectionFailure') ? 'connection-refused' : 'other';
      });
    },
    evaluate,
    bringToFront: () => page.bringToFront(),
    async reload() {
      await page.reload({ waitUntil: [] });
    },
    resize: (width, height) => page.setViewport({ width, height }),
    async screenshot(path) {
      await page.screenshot({ path: path as `${string}.png` });
    },
    close: () => page.close(),
  };
}

/** Firefox takes half a second for a query of its accessibility tree; these XPaths name the same elements on our pages. */
const byRole: Record<Extract<Target, { role: string }>['role'], (name: string) => string> = {
  button: (name) => `//button[${named(name)}]`,
  link: (name) => `//a[${named(name)}]`,
  tab: (name) => `//*[@role="tab"][${named(name)}]`,
  textbox: (name) =>
    `//input[@id=//label[${named(name)}]/@for or ancestor::label[starts-with(normalize-space(), "${name}")]]`,
};

function named(name: string): string {
  return `normalize-space()="${name}" or @aria-label="${name}"`;
}

function selectorOf(target: Target): string {
  return `::-p-xpath(${'xpath' in target ? target.xpath : byRole[target.role](target.name)})`;
}

/** Asks until there is an answer. What fails meanwhile fails because the page is being replaced. */
async function until<T>(what: string, ask: () => Promise<T | undefined | null>): Promise<T> {
  const giveUpAt = Date.now() + TIMEOUT_MS;
  let reason = '';
  while (Date.now() < giveUpAt) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null) return answer;
    } catch (error) {
      reason = String(error);
    }
    await setTimeout(POLL_MS);
  }
  throw new Error(`waited ${TIMEOUT_MS} ms for ${what} ${reason}`);
}
