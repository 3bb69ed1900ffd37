/** Chromium through Playwright: a system Chromium, because Playwright's own builds cannot be downloaded everywhere. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BrowserContext,
  type CDPSession,
  chromium,
  type Frame,
  type Locator,
  type Page,
  type Worker,
} from '@playwright/test';
import { publicKeyHash } from '../world/certificates.ts';
import type { BrowserDriver, LaunchOptions, Standstill, Tab, Target } from './driver.ts';
import { forgetInExtension } from './driver.ts';

/** A tab, and Playwright's own handle of it: for what only Chromium is asked. */
export interface ChromiumTab extends Tab {
  page: Page;
}

export interface ChromiumDriver extends BrowserDriver {
  context: BrowserContext;
  newTab(url?: string): Promise<ChromiumTab>;
  tabOpenedBy(action: () => Promise<void>): Promise<ChromiumTab>;
  /** Allows the extension in Incognito windows, as its page of chrome://extensions does. The browser loads it anew for that. */
  allowPrivateWindows(): Promise<void>;
  /**
   * Opens an Incognito window. Only an extension that is allowed there sees it; it has a second worker there, which `background`
   * may reach from then on.
   */
  newPrivateTab(): Promise<ChromiumTab>;
  /** Evaluates an expression in the popup of the toolbar, which is no page to Playwright; undefined while it is closed. */
  inToolbarPopup(expression: string): Promise<unknown>;
}

export async function launchChromium(options: LaunchOptions): Promise<ChromiumDriver> {
  const profile = options.profile ?? mkdtempSync(join(tmpdir(), 'courier-chromium-'));
  const isFirstStart = !existsSync(join(profile, 'Default'));
  const { extension, rival, headless = true } = options;
  const extensions = [extension, rival].filter((folder) => folder !== undefined).join(',');
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    headless,
    env: { ...process.env, ...options.env },
    viewport: headless ? { width: 1280, height: 900 } : null,
    ...(options.scale ? { deviceScaleFactor: options.scale } : {}),
    args: [
      '--no-sandbox',
      '--disable-quic',
      // Drawn without the program that would stand for a graphics card: a tenth less work for the processor.
      '--disable-gpu',
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
  context.setDefaultTimeout(60_000);
  const consoleLines: string[] = [];
  let hasLogins = false;
  /** Whose pages were shown, and may have stored something. */
  const visited = new Set<string>();
  context.on('page', (page) => page.on('framenavigated', (frame) => visited.add(new URL(frame.url()).origin)));
  context.on('console', (message) => consoleLines.push(message.text()));
  context.on('weberror', (error) => consoleLines.push(String(error.error())));
  const listen = (worker: Worker) => worker.on('console', (message) => consoleLines.push(message.text()));
  context.on('serviceworker', listen);
  for (const worker of context.serviceWorkers()) listen(worker);
  if (extension && context.serviceWorkers().length === 0) await context.waitForEvent('serviceworker');
  if (extension && isFirstStart) await closeWelcomePage(context);
  const firstWorker = context.serviceWorkers()[0];
  const worker = () => {
    const current = context.serviceWorkers().at(-1);
    if (!current) throw new Error('no worker is running');
    return current;
  };

  /** Runs a function on chrome://extensions, with the API that this page has. */
  const inExtensionSettings = async (
    fn: (given: { id: string; pattern: string; api: DeveloperPrivate }) => Promise<void>,
    pattern: string,
  ) => {
    const id = new URL(firstWorker?.url() ?? '').hostname;
    const page = await context.newPage();
    await page.goto(`chrome://extensions/?id=${id}`);
    const given = JSON.stringify({ id, pattern });
    await page.evaluate(`(${fn.toString()})({ ...${given}, api: chrome.developerPrivate })`);
    await page.close();
  };

  const tabOf = (page: Page) => {
    const tab = tabOfPage(page);
    return {
      ...tab,
      goto(url: string) {
        hasLogins ||= new URL(url).password !== '';
        return tab.goto(url);
      },
    };
  };

  const driver: ChromiumDriver = {
    name: 'chromium',
    context,
    async newTab(url) {
      const tab = tabOf(await context.newPage());
      if (url) await tab.goto(url);
      return tab;
    },
    async tabOpenedBy(action) {
      const before = new Set(await tabTargets(context));
      // Playwright tells of a tab at its first response: one that was opened before may be told of only now.
      const isNew = async (page: Page) => {
        const id = await targetOf(page);
        return id !== '' && !before.has(id);
      };
      const [page] = await Promise.all([context.waitForEvent('page', isNew), action()]);
      return tabOf(page);
    },
    async allowPrivateWindows() {
      await inExtensionSettings(async ({ id, api }) => {
        const loaded = new Promise<void>((resolve) => {
          api.onItemStateChanged.addListener(({ event_type: type }) => type === 'LOADED' && resolve());
        });
        await api.updateExtensionConfiguration({ extensionId: id, incognitoAccess: true });
        await loaded;
      }, '');
      await wakeWorker(await context.newPage(), driver).then((page) => page.close());
    },
    newPrivateTab: () =>
      driver.tabOpenedBy(() =>
        driver.background(async ({ windows }) => {
          await windows.create({ incognito: true, url: 'about:blank' });
        }),
      ),
    inToolbarPopup: (expression) => evaluateInTarget(context, '/popup.html#toolbar', expression),
    extensionUrl(path) {
      if (!firstWorker) throw new Error('launched without the extension');
      return new URL(`/${path}`, firstWorker.url()).href;
    },
    async background(fn: (api: never, argument: never) => unknown, argument?: unknown) {
      return worker().evaluate(`(${fn.toString()})(chrome, ${JSON.stringify(argument)})`) as never;
    },
    consoleOutput: async () => consoleLines.join('\n'),
    async clipboardText() {
      const page = await context.newPage();
      await page.goto(new URL('/options.html', firstWorker?.url()).href);
      await context.grantPermissions(['clipboard-read']);
      const text = await page.evaluate(() => navigator.clipboard.readText());
      await context.clearPermissions();
      await page.close();
      return text;
    },
    async suspendBackground() {
      const page = await context.newPage();
      await stopWorkers(await context.newCDPSession(page));
      await page.close();
    },
    withdrawHost: (pattern) =>
      inExtensionSettings(async ({ id, pattern: withdrawn, api }) => {
        const { hosts } = (await api.getExtensionInfo(id)).permissions.runtimeHostPermissions;
        // Takes every host back; then all but the one are given again.
        await api.updateExtensionConfiguration({ extensionId: id, hostAccess: 'ON_CLICK' });
        const kept = hosts.filter(({ host, granted }) => granted && host !== withdrawn);
        for (const { host } of kept) await api.addHostPermission(id, host);
      }, pattern),
    grantHost: (pattern) =>
      inExtensionSettings(({ id, pattern: granted, api }) => api.addHostPermission(id, granted), pattern),
    async setOffline(offline) {
      await context.setOffline(offline);
    },
    async moveClock(milliseconds) {
      await worker().evaluate((by) => {
        const now = Date.now;
        Date.now = () => now() + by;
      }, milliseconds);
    },
    async hurry() {
      await worker().evaluate(() => {
        const wait = setTimeout;
        // Between two looks for a login, and before the clean-up of what was left.
        const hurried = (fn: () => void, ms = 0) => wait(fn, [1_000, 4_000].includes(ms) ? ms / 10 : ms);
        Object.assign(globalThis, { setTimeout: hurried });
      });
    },
    async forget() {
      await driver.background(forgetInExtension);
      const [page] = context.pages();
      if (!page) throw new Error('the first tab is gone');
      const session = await context.newCDPSession(page);
      const origins = [...visited].filter((origin) => origin.startsWith('http'));
      await Promise.all([
        context.setOffline(false),
        context.clearCookies(),
        session.send('Network.clearBrowserCache'),
        ...origins.map((origin) => session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' })),
        stopWorkers(session),
      ]);
      await session.detach();
      await wakeWorker(page, driver);
      await page.goto('about:blank', { waitUntil: 'commit' });
      visited.clear();
      consoleLines.length = 0;
      return !hasLogins;
    },
    async close() {
      await context.close();
      if (!options.profile) rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return driver;
}

/** Has a page of the extension ask its worker something: it is started for that. */
async function wakeWorker(page: Page, { extensionUrl }: ChromiumDriver): Promise<Page> {
  await page.goto(extensionUrl('callback.html'), { waitUntil: 'commit' });
  await page.waitForSelector('h1');
  return page;
}

/** Ends the extension's worker. */
async function stopWorkers(session: CDPSession): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    session.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
      const ours = versions.filter(({ scriptURL }) => scriptURL.startsWith('chrome-extension:'));
      if (ours.some(({ runningStatus }) => runningStatus === 'stopped')) resolve();
    });
  });
  await session.send('ServiceWorker.enable');
  await session.send('ServiceWorker.stopAllWorkers');
  await stopped;
}

async function browserSession(context: BrowserContext): Promise<CDPSession> {
  const session = await context.browser()?.newBrowserCDPSession();
  if (!session) throw new Error('this Chromium has no debugger');
  return session;
}

/** @returns the tab's id, or an empty text if it has been closed */
async function targetOf(page: Page): Promise<string> {
  try {
    const session = await page.context().newCDPSession(page);
    const { targetInfo } = await session.send('Target.getTargetInfo');
    await session.detach();
    return targetInfo.targetId;
  } catch (error) {
    if (page.isClosed()) return '';
    throw error;
  }
}

/** What is open, also the tabs that Playwright has not told of yet, by the browser's ids. */
async function tabTargets(context: BrowserContext): Promise<string[]> {
  const session = await browserSession(context);
  const { targetInfos } = await session.send('Target.getTargets');
  await session.detach();
  return targetInfos.map(({ targetId }) => targetId);
}

async function evaluateInTarget(context: BrowserContext, path: string, expression: string): Promise<unknown> {
  const session = await browserSession(context);
  const { targetInfos } = await session.send('Target.getTargets');
  const target = targetInfos.find(({ type, url }) => type === 'page' && url.endsWith(path));
  if (!target) return undefined;
  const { sessionId } = await session.send('Target.attachToTarget', { targetId: target.targetId, flatten: false });
  const answered = new Promise<string>((resolve) => {
    session.on('Target.receivedMessageFromTarget', ({ message }) => resolve(message));
  });
  const message = { id: 1, method: 'Runtime.evaluate', params: { expression, returnByValue: true } };
  await session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify(message) });
  const answer = JSON.parse(await answered) as { result?: { result?: { value?: unknown } } };
  await session.detach();
  return answer.result?.result?.value;
}

/** The extension opens it once, after its installation. */
async function closeWelcomePage(context: BrowserContext): Promise<void> {
  const onceWelcome = async (page: Page) => {
    await page.waitForURL('**/welcome.html');
    return page;
  };
  const welcome = await Promise.any([
    ...context.pages().map(onceWelcome),
    context.waitForEvent('page').then(onceWelcome),
  ]);
  await welcome.close();
}

/** The little that is used of the API of chrome://extensions. */
interface DeveloperPrivate {
  getExtensionInfo(
    id: string,
  ): Promise<{ permissions: { runtimeHostPermissions: { hosts: { host: string; granted: boolean }[] } } }>;
  updateExtensionConfiguration(
    given: { extensionId: string } & ({ hostAccess: 'ON_CLICK' } | { incognitoAccess: true }),
  ): Promise<void>;
  addHostPermission(id: string, host: string): Promise<void>;
  onItemStateChanged: { addListener(listener: (event: { event_type: string }) => void): void };
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

function tabOfPage(page: Page, root: Page | Frame = page): ChromiumTab {
  const locate = (target: Target): Locator =>
    'xpath' in target
      ? root.locator(`xpath=${target.xpath}`).first()
      : root.getByRole(target.role, { name: target.name, exact: true }).first();
  return {
    page,
    async goto(url) {
      await page.goto(url).catch((error: Error) => {
        if (!error.message.includes('net::ERR_')) throw error;
      });
    },
    url: () => root.evaluate(() => window.location.href),
    click: (target) => locate(target).click(),
    fill: (target, text) => locate(target).fill(text),
    async press(...keys) {
      for (const key of keys) await page.keyboard.press(key);
    },
    type: (text) => page.keyboard.type(text),
    waitFor: (target) => locate(target).waitFor(),
    async waitForText(css, pattern) {
      const found = root.locator(css).filter({ hasText: pattern }).first();
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
    evaluate: (fn, argument) => root.evaluate(fn as never, argument as never),
    async frame() {
      const frame = await (await page.waitForSelector('iframe')).contentFrame();
      if (!frame) throw new Error('the frame is gone');
      return tabOfPage(page, frame);
    },
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
    halt: (by) => halts[by](page),
    close: () => page.close(),
    async waitForClose() {
      if (!page.isClosed()) await page.waitForEvent('close');
    },
  };
}

const halts: Record<Standstill, (page: Page) => Promise<void>> = {
  // In a task of its own, and not by a timer: a page in the background waits a second for those.
  async 'a busy loop'(page) {
    await page.evaluate(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        for (;;);
      };
      port2.postMessage(undefined);
    });
  },

  async 'an open alert'(page) {
    // Without a listener Playwright would close it.
    const opened = page.waitForEvent('dialog');
    await page.evaluate(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => alert('Are you still there?');
      port2.postMessage(undefined);
    });
    await opened;
  },

  async 'a debugger'(page) {
    const session = await page.context().newCDPSession(page);
    await session.send('Debugger.enable');
    const paused = new Promise((resolve) => session.once('Debugger.paused', resolve));
    // Answered when the page goes on, or fails when it is closed.
    session.send('Runtime.evaluate', { expression: 'debugger' }).catch(() => {});
    await paused;
  },

  async 'a freeze'(page) {
    // Playwright has every page believe that it is in front, and such a page is not frozen. It does not publish this switch.
    const { toImpl } = (page as unknown as { _connection: { toImpl(of: Page): ServerSidePage } })._connection;
    await toImpl(page).delegate._mainFrameSession._client.send('Emulation.setFocusEmulationEnabled', {
      enabled: false,
    });
    await page.waitForFunction(() => document.hidden);
    const frozen = page.evaluate(
      () => new Promise<void>((resolve) => document.addEventListener('freeze', () => resolve())),
    );
    const session = await page.context().newCDPSession(page);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    await frozen;
  },
};

/** The part of Playwright's own page that it does not publish: its connection to the browser. */
interface ServerSidePage {
  delegate: { _mainFrameSession: { _client: { send(method: string, params: object): Promise<unknown> } } };
}
