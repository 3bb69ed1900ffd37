/** Chromium through Playwright: a system Chromium, because Playwright's own builds cannot be downloaded everywhere. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Locator, type Page } from '@playwright/test';
import { publicKeyHash } from '../world/certificates.ts';
import type { BrowserDriver, LaunchOptions, Tab, Target } from './driver.ts';

export async function launchChromium(options: LaunchOptions): Promise<BrowserDriver & { context: BrowserContext }> {
  const profile = mkdtempSync(join(tmpdir(), 'courier-chromium-'));
  const { extension, rival, headless = true } = options;
  const extensions = [extension, rival].filter((folder) => folder !== undefined).join(',');
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    headless,
    env: { ...process.env, ...options.env },
    viewport: headless ? { width: 1280, height: 900 } : null,
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      // Trusts exactly the run's own authority; every other certificate is refused as usual.
      `--ignore-certificate-errors-spki-list=${publicKeyHash(options.authority)}`,
      ...(options.resolverRules ? [`--host-resolver-rules=${options.resolverRules}`] : []),
      ...(extensions ? [`--load-extension=${extensions}`, `--disable-extensions-except=${extensions}`] : []),
    ],
  });
  context.setDefaultTimeout(30_000);
  if (extension && context.serviceWorkers().length === 0) await context.waitForEvent('serviceworker');
  const firstWorker = context.serviceWorkers()[0];
  const worker = () => {
    const current = context.serviceWorkers().at(-1);
    if (!current) throw new Error('no worker is running');
    return current;
  };

  return {
    name: 'chromium',
    context,
    async newTab(url) {
      const tab = tabOf(await context.newPage());
      if (url) await tab.goto(url);
      return tab;
    },
    async tabOpenedBy(action) {
      const [page] = await Promise.all([context.waitForEvent('page'), action()]);
      return tabOf(page);
    },
    extensionUrl(path) {
      if (!firstWorker) throw new Error('launched without the extension');
      return new URL(`/${path}`, firstWorker.url()).href;
    },
    async background(fn) {
      return worker().evaluate(`(${fn.toString()})(chrome)`) as never;
    },
    async suspendBackground() {
      const page = await context.newPage();
      const session = await context.newCDPSession(page);
      const stopped = new Promise<void>((resolve) => {
        session.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
          const ours = versions.filter(({ scriptURL }) => scriptURL.startsWith('chrome-extension:'));
          if (ours.some(({ runningStatus }) => runningStatus === 'stopped')) resolve();
        });
      });
      await session.send('ServiceWorker.enable');
      await session.send('ServiceWorker.stopAllWorkers');
      await stopped;
      await page.close();
    },
    async moveClock(milliseconds) {
      await worker().evaluate((by) => {
        const now = Date.now;
        Date.now = () => now() + by;
      }, milliseconds);
    },
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The system's Chromium or Chrome. @throws when there is none */
export function findChromium(): string {
  const candidates = [
    process.env.CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ];
  const found = candidates.find((path) => path && existsSync(path));
  if (!found) throw new Error('No Chromium found. Install one, or set CHROMIUM to its path.');
  return found;
}

function tabOf(page: Page): Tab {
  const locate = (target: Target): Locator =>
    'xpath' in target
      ? page.locator(`xpath=${target.xpath}`).first()
      : page.getByRole(target.role, { name: target.name, exact: true }).first();
  return {
    async goto(url) {
      await page.goto(url).catch((error: Error) => {
        if (!error.message.includes('net::ERR_')) throw error;
      });
    },
    url: () => page.evaluate(() => window.location.href),
    click: (target) => locate(target).click(),
    fill: (target, text) => locate(target).fill(text),
    waitFor: (target) => locate(target).waitFor(),
    async waitForText(css, pattern) {
      const found = page.locator(css).filter({ hasText: pattern }).first();
      await found.waitFor();
      return found.innerText();
    },
    async waitForErrorPage() {
      // A navigation that fails while it is waited for is reported as that wait's failure.
      for (let isThere = false; !isThere; ) {
        isThere = await page.waitForURL('chrome-error://chromewebdata/').then(
          () => true,
          (error: Error) => {
            if (!error.message.includes('net::ERR_')) throw error;
            return false;
          },
        );
      }
      const text = await page.locator('body').innerText();
      return text.includes('ERR_CONNECTION_REFUSED') ? 'connection-refused' : 'other';
    },
    evaluate: (fn, argument) => page.evaluate(fn as never, argument as never),
    bringToFront: () => page.bringToFront(),
    async reload() {
      await page.reload();
    },
    async back() {
      await page.goBack({ waitUntil: 'commit' }).catch((error: Error) => {
        if (!error.message.includes('net::ERR_')) throw error;
      });
    },
    resize: (width, height) => page.setViewportSize({ width, height }),
    async screenshot(path) {
      await page.screenshot({ path });
    },
    close: () => page.close(),
  };
}
