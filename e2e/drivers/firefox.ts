/** A stock Firefox (Debian's firefox-esr) over WebDriver BiDi. Playwright cannot drive one with extensions. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import puppeteer, { type Browser, type ElementHandle, type Frame, type KeyInput, type Page } from 'puppeteer-core';
import type { Browser as WebExtensionApi } from 'webextension-polyfill';
import { userHosts } from '../world/namespaces.ts';
import type { BrowserDriver, LaunchOptions, Standstill, Tab, Target } from './driver.ts';
import { forgetInExtension } from './driver.ts';

/** As in wxt.config.ts. */
const EXTENSION_ID = 'callback-courier@callback-courier';
/** Firefox makes up an origin for each installation; a fixed one tells the driver where the extension's pages are. */
const EXTENSION_UUID = '5f3c1c5e-0b4d-4f0e-9d43-6c1f8a6f2b10';
/** Whose pages may have stored something. */
const sites = [...new Set(Object.keys(userHosts).map((host) => host.split('.').slice(-2).join('.')))];
const TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/** What only Firefox's scenarios need: the browser's own windows, which WebDriver BiDi reaches with system access. */
export interface FirefoxDriver extends BrowserDriver {
  /** Opens the extension's popup from its toolbar button, with the keyboard in it. */
  openToolbarPopup(): Promise<void>;
  /** Types into whatever has the keyboard. */
  type(text: string): Promise<void>;
  pressEnter(): Promise<void>;
  /** Presses the main button of the permission prompt, when it is up. */
  acceptPrompt(): Promise<void>;
  /** Ends the event page, and counts from now on how often it is started. */
  countBackgroundStarts(): Promise<() => Promise<number>>;
  /** Allows the extension in private windows, as about:addons does. */
  allowPrivateWindows(): Promise<void>;
  /** Installs another extension. */
  installAnother(folder: string): Promise<void>;
  /** Opens a private window. Only an extension that is allowed in private windows sees it. */
  newPrivateTab(): Promise<Tab>;
  /** Opens a tab in a container of its own, which shares no cookies with others (WebDriver BiDi: user context). */
  newContainerTab(): Promise<Tab>;
}

export function isFirefox(browser: BrowserDriver): browser is FirefoxDriver {
  return browser.name === 'firefox';
}

export async function launchFirefox(options: LaunchOptions): Promise<FirefoxDriver> {
  const profile = options.profile ?? mkdtempSync(join(tmpdir(), 'courier-firefox-'));
  const isFirstStart = !existsSync(join(profile, 'authority.pem'));
  if (isFirstStart) trustAuthority(profile, options.authority);
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
      // Every process writes there what its pages and the extension write to the console: no service knows it all.
      'devtools.console.stdout.content': true,
      // Only a signed extension outlives the browser otherwise.
      'xpinstall.signatures.required': false,
      ...options.firefoxPrefs,
    },
  });
  let written = '';
  browser.process()?.stdout?.on('data', (chunk) => {
    written += chunk;
  });
  // Nobody here reads what the browser tells of each request, and telling takes time.
  await connectionOf(browser).send('session.unsubscribe', { events: ['network'] });
  /** Evaluates an expression in the browser's own window. */
  const inWindow = <T>(expression: string) => inBrowserWindow<T>(browser, expression);
  // Each site in a process of its own, as people have it. Puppeteer puts all into one, and there one that hangs stops the others.
  await inWindow("Services.prefs.setIntPref('fission.webContentIsolationStrategy', 1)");
  if (options.extension && !options.profile) await browser.installExtension(options.extension);
  if (options.extension && options.profile && isFirstStart) await installForGood(browser, options.extension, profile);
  if (options.extension && isFirstStart) await closeWelcomePage(browser);
  let extensionPage = options.extension ? await openExtensionPage(browser) : undefined;

  const driver: FirefoxDriver = {
    name: 'firefox',
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
    async background(fn: (api: never, argument: never) => unknown, argument?: unknown) {
      // Firefox's event page has no window that BiDi reaches; a page of the extension has the same API.
      const value = await extensionPage?.evaluate(
        `(async () => ({ value: await (${fn.toString()})(browser, ${JSON.stringify(argument)}) }))()`,
      );
      return (value as { value: unknown } | undefined)?.value as never;
    },
    async consoleOutput() {
      // What Firefox itself remarks on a site's page begins with the address of that page: a provider's has the state in it.
      const said = await inWindow<string>(`Services.console.getMessageArray().map((message) => {
        const isOfSite = message instanceof Ci.nsIScriptError && message.sourceName.startsWith('https:');
        return isOfSite ? message.errorMessage : String(message);
      }).join('\\n')`);
      return written + said;
    },
    clipboardText: () =>
      inWindow(`(() => {
        const transferable = Cc['@mozilla.org/widget/transferable;1'].createInstance(Ci.nsITransferable);
        transferable.init(null);
        transferable.addDataFlavor('text/plain');
        Services.clipboard.getData(transferable, Services.clipboard.kGlobalClipboard);
        const data = {};
        transferable.getTransferData('text/plain', data);
        return data.value.QueryInterface(Ci.nsISupportsString).data;
      })()`),
    async suspendBackground() {
      // Ours, and the benchmark's own (bench/bareExtension.ts).
      const ended = await inWindow<number>(`(async () => {
        const ours = WebExtensionPolicy.getActiveExtensions().filter(({ id }) => id.endsWith('@callback-courier'));
        const options = { ignoreDevToolsAttached: true, disableResetIdleForTest: true };
        for (const { extension } of ours) await extension.terminateBackground(options);
        return ours.length;
      })()`);
      if (ended === 0) throw new Error('there is no extension to suspend');
    },
    async countBackgroundStarts() {
      await driver.suspendBackground();
      await inWindow(
        `window.courierStarts = 0; ${extensionExpression}.on('background-script-started', () => { window.courierStarts += 1 })`,
      );
      return () => inWindow<number>('window.courierStarts');
    },
    async openToolbarPopup() {
      await inWindow(`(async () => {
        const { ExtensionParent } = ChromeUtils.importESModule('resource://gre/modules/ExtensionParent.sys.mjs');
        await ExtensionParent.apiManager.global.browserActionFor(${extensionExpression}).openPopup(window);
      })()`);
      // BiDi sees no element of the popup. That its text field has the keyboard shows in the state of the input method.
      await until('the popup with the keyboard in its text field', () =>
        inWindow(`(() => {
          const popup = document.querySelector('.webextension-popup-browser');
          const isShown = popup?.currentURI.spec.startsWith('moz-extension:') && popup.closest('panel').state === 'open';
          if (!isShown) return;
          if (document.activeElement === popup && windowUtils.IMEStatus === windowUtils.IME_STATUS_ENABLED) return true;
          // A page that was not ready when it got the focus does not know of it.
          popup.blur();
          popup.focus();
        })()`),
      );
    },
    async type(text) {
      await pressKeys(browser, `[...${JSON.stringify(text)}].map((key) => ({ key }))`);
    },
    async pressEnter() {
      await pressKeys(browser, "[{ key: 'Enter', code: 'Enter', keyCode: 13 }]");
    },
    async acceptPrompt() {
      const button = 'PopupNotifications.panel.firstElementChild?.button';
      await until('the permission prompt', () => inWindow(`PopupNotifications.panel.state === 'open' || undefined`));
      await inWindow(`${button}.click()`);
    },
    async allowPrivateWindows() {
      await inWindow(`(async () => {
        const { ExtensionPermissions } = ChromeUtils.importESModule('resource://gre/modules/ExtensionPermissions.sys.mjs');
        const { AddonManager } = ChromeUtils.importESModule('resource://gre/modules/AddonManager.sys.mjs');
        const allowed = { permissions: ['internal:privateBrowsingAllowed'], origins: [] };
        await ExtensionPermissions.add('${EXTENSION_ID}', allowed);
        await (await AddonManager.getAddonByID('${EXTENSION_ID}')).reload();
      })()`);
      // The extension's pages close with it.
      extensionPage = await openExtensionPage(browser);
    },
    async withdrawHost(pattern) {
      await inWindow(`(async () => {
        const { ExtensionPermissions } = ChromeUtils.importESModule('resource://gre/modules/ExtensionPermissions.sys.mjs');
        const withdrawn = { permissions: [], origins: ['${pattern}'] };
        await ExtensionPermissions.remove('${EXTENSION_ID}', withdrawn, ${extensionExpression});
      })()`);
    },
    async grantHost(pattern) {
      await inWindow(`(async () => {
        const { ExtensionPermissions } = ChromeUtils.importESModule('resource://gre/modules/ExtensionPermissions.sys.mjs');
        await ExtensionPermissions.add('${EXTENSION_ID}', { permissions: [], origins: ['${pattern}'] }, ${extensionExpression});
      })()`);
    },
    async setOffline(offline) {
      await inWindow(`void (Services.io.offline = ${offline})`);
    },
    async installAnother(folder) {
      await browser.installExtension(folder);
    },
    async newContainerTab() {
      const container = await browser.createBrowserContext();
      return tabOf(await container.newPage());
    },
    async newPrivateTab() {
      await driver.tabOpenedBy(() =>
        inWindow(`new Promise((ready) => {
          const topic = 'browser-delayed-startup-finished';
          Services.obs.addObserver(function observer(started) {
            if (started !== privateWindow) return;
            Services.obs.removeObserver(observer, topic);
            ready();
          }, topic);
          const privateWindow = OpenBrowserWindow({ private: true });
        })`),
      );
      // The window's own first page is still on its way, and would replace what is opened in its place.
      return driver.tabOpenedBy(() =>
        inWindow(`(() => {
          const { gBrowser } = BrowserWindowTracker.getTopWindow({ private: true });
          gBrowser.selectedTab = gBrowser.addTrustedTab('about:blank');
        })()`),
      );
    },
    async moveClock(milliseconds) {
      // This tab stays open: the function that it gives the background would die with it.
      const page = await driver.newTab(driver.extensionUrl('popup.html'));
      await page.evaluate(async (by) => {
        const { runtime } = (globalThis as unknown as { browser: WebExtensionApi }).browser;
        const background = (await runtime.getBackgroundPage()) as Window & typeof globalThis;
        const now = background.Date.now;
        background.Date.now = () => now() + by;
      }, milliseconds);
    },
    // Few rows of Firefox's wait for one.
    hurry: async () => {},
    async forget() {
      await driver.background(forgetInExtension);
      await driver.suspendBackground();
      await inWindow(`(async () => {
        Services.io.offline = false;
        Services.console.reset();
        const { CLEAR_ALL_CACHES, CLEAR_AUTH_CACHE, CLEAR_AUTH_TOKENS, CLEAR_COOKIES, CLEAR_HISTORY } = Ci.nsIClearDataService;
        const flags = CLEAR_ALL_CACHES | CLEAR_AUTH_CACHE | CLEAR_AUTH_TOKENS | CLEAR_COOKIES | CLEAR_HISTORY;
        await new Promise((onDataDeleted) => Services.clearData.deleteData(flags, { onDataDeleted }));
        // Not of every site: the extension is one of those.
        const { CLEAR_DOM_STORAGES } = Ci.nsIClearDataService;
        for (const site of ${JSON.stringify(sites)}) {
          await new Promise((onDataDeleted) =>
            Services.clearData.deleteDataFromSite(site, {}, false, CLEAR_DOM_STORAGES, { onDataDeleted }));
        }
      })()`);
      written = '';
      return true;
    },
    async close() {
      await browser.close();
      if (!options.profile) rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
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

const extensionExpression = `WebExtensionPolicy.getByID('${EXTENSION_ID}').extension`;

/** The part of puppeteer's BiDi connection that it does not publish: commands of Firefox's own. */
interface BidiConnection {
  send(method: string, params: object): Promise<{ result: unknown }>;
}

function connectionOf(browser: Browser): BidiConnection {
  return (browser as unknown as { connection: BidiConnection }).connection;
}

/** Installs an extension so that it is there at the next start too, with the hosts that its manifest asks for. */
async function installForGood(browser: Browser, folder: string, profile: string): Promise<void> {
  const packed = ['--artifacts-dir', join(profile, 'package'), '--filename', 'extension.zip'];
  execFileSync('web-ext', ['build', '--source-dir', folder, ...packed], { stdio: 'ignore' });
  const connection = connectionOf(browser);
  await connection.send('webExtension.install', {
    extensionData: { type: 'archivePath', path: join(profile, 'package', 'extension.zip') },
    'moz:permanent': true,
  });
}

/** The extension opens it once, after its installation. */
async function closeWelcomePage(browser: Browser): Promise<void> {
  await until('the welcome page', () =>
    inBrowserWindow(
      browser,
      `(() => {
        const tab = gBrowser.tabs.find(({ linkedBrowser }) => linkedBrowser.currentURI.spec.endsWith('/welcome.html'));
        if (!tab) return;
        gBrowser.removeTab(tab);
        return true;
      })()`,
    ),
  );
}

/**
 * Opens a page of the extension. Not by its URL from the beginning: of such tabs BiDi loses one now and then; and not by
 * BiDi's own navigation, which fails while another tab closes.
 */
async function openExtensionPage(browser: Browser): Promise<Page> {
  const page = await browser.newPage();
  const marked = `about:blank#${crypto.randomUUID()}`;
  await page.goto(marked, { waitUntil: [] });
  await until('the marked tab', () =>
    inBrowserWindow(
      browser,
      `(() => {
        const tab = gBrowser.tabs.find(({ linkedBrowser }) => linkedBrowser.currentURI.spec === '${marked}');
        if (!tab) return;
        const triggeringPrincipal = Services.scriptSecurityManager.getSystemPrincipal();
        tab.linkedBrowser.loadURI(Services.io.newURI('moz-extension://${EXTENSION_UUID}/callback.html'), { triggeringPrincipal });
        return true;
      })()`,
    ),
  );
  await until('the extension in a page of its own', () => page.evaluate("'browser' in globalThis || undefined"));
  return page;
}

/** Evaluates an expression in the browser's own window, where Firefox's interface itself is written. */
async function inBrowserWindow<T>(browser: Browser, expression: string): Promise<T> {
  const connection = connectionOf(browser);
  const tree = await connection.send('browsingContext.getTree', { 'moz:scope': 'chrome' });
  const { contexts } = tree.result as { contexts: { context: string }[] };
  const answer = await connection.send('script.evaluate', {
    expression,
    target: { context: contexts[0]?.context },
    awaitPromise: true,
    userActivation: true,
  });
  const evaluated = answer.result as { type: string; result?: { value?: T }; exceptionDetails?: { text: string } };
  if (evaluated.exceptionDetails) throw new Error(evaluated.exceptionDetails.text);
  return evaluated.result?.value as T;
}

/** Presses keys one after another, as the keyboard would: what has the focus gets trusted events. */
async function pressKeys(browser: Browser, keysExpression: string): Promise<void> {
  await inBrowserWindow(
    browser,
    `(() => {
      const processor = Cc['@mozilla.org/text-input-processor;1'].createInstance(Ci.nsITextInputProcessor);
      processor.beginInputTransactionForTests(window);
      for (const key of ${keysExpression}) {
        const event = new KeyboardEvent('', key);
        processor.keydown(event);
        processor.keyup(event);
      }
    })()`,
  );
}

/** Puts the run's own authority, and no other, into the profile's certificate store. */
function trustAuthority(profile: string, authority: string): void {
  const file = join(profile, 'authority.pem');
  writeFileSync(file, authority);
  const database = ['-d', `sql:${profile}`];
  execFileSync('certutil', ['-N', '--empty-password', ...database]);
  execFileSync('certutil', ['-A', '-n', 'courier', '-t', 'C,,', '-i', file, ...database]);
}

function tabOf(page: Page, root: Page | Frame = page): Tab {
  const evaluate = <T, A>(fn: (argument: A) => T | Promise<T>, argument: A): Promise<T> =>
    root.evaluate(fn as never, argument as never) as Promise<T>;

  const find = (target: Target): Promise<ElementHandle> =>
    until(JSON.stringify(target), async () => {
      const element = await root.$(selectorOf(target));
      return element && (await element.isVisible()) ? element : undefined;
    });

  return {
    async goto(url) {
      // An extension's page never reports that it has loaded, and a callback may become one on the way: whoever needs
      // something on it waits for that.
      const isUnreported = /^(moz-extension:|about:|http:\/\/localhost[:/])/.test(url);
      await page.goto(url, isUnreported ? { waitUntil: [] } : {}).catch((error: Error) => {
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
    async press(...keys) {
      for (const key of keys) await page.keyboard.press(key as KeyInput);
    },
    type: (text) => page.keyboard.type(text),
    async waitFor(target) {
      await find(target);
    },
    waitForText(css, pattern) {
      return until(`${pattern} in ${css}`, () =>
        root.evaluate(
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
    async frame() {
      return tabOf(page, await until('a frame', async () => page.frames()[1]));
    },
    bringToFront: () => page.bringToFront(),
    async reload() {
      await page.reload({ waitUntil: [] });
    },
    async back() {
      await evaluate(() => window.history.back(), undefined);
    },
    resize: (width, height) => page.setViewport({ width, height }),
    async screenshot(path) {
      await page.screenshot({ path: path as `${string}.png` });
    },
    halt: (by) => halts[by](page),
    close: () => page.close(),
    // The page of an extension does not report its end.
    waitForClose: () =>
      until('the end of the tab', () =>
        page.evaluate('0').then(
          () => undefined,
          (error) => /no such frame/.test(String(error)) || undefined,
        ),
      ).then(() => {}),
  };
}

const halts: Record<Standstill, (page: Page) => Promise<void>> = {
  async 'a busy loop'(page) {
    // Only once it says so the page takes nothing more: its own message may come after an answer from the network.
    const words = 'From here on it hangs';
    const begun = new Promise((resolve) => page.on('console', (line) => line.text() === words && resolve(line)));
    await page.evaluate((said) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        console.log(said);
        for (;;);
      };
      port2.postMessage(undefined);
    }, words);
    await begun;
  },

  async 'an open alert'(page) {
    const opened = new Promise((resolve) => page.once('dialog', resolve));
    await page.evaluate(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => alert('Are you still there?');
      port2.postMessage(undefined);
    });
    await opened;
  },

  async 'a debugger'(page) {
    // Firefox's own developer tools: WebDriver BiDi has no debugger.
    const url = await page.evaluate(() => window.location.href);
    await inBrowserWindow(
      page.browser(),
      `(async () => {
        const { require } = ChromeUtils.importESModule('resource://devtools/shared/loader/Loader.sys.mjs');
        const { gDevTools } = require('devtools/client/framework/devtools');
        const tab = gBrowser.tabs.find(({ linkedBrowser }) => linkedBrowser.currentURI.spec === ${JSON.stringify(url)});
        const { commands } = await gDevTools.showToolboxForTab(tab, { toolId: 'jsdebugger' });
        const thread = await commands.targetCommand.targetFront.getFront('thread');
        globalThis.paused = thread.once('paused').then(() => true);
      })()`,
    );
    await page.evaluate(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        // biome-ignore lint/suspicious/noDebugger: it is what stops the page.
        debugger;
      };
      port2.postMessage(undefined);
    });
    await inBrowserWindow(page.browser(), 'paused');
  },

  'a freeze': () => Promise.reject(new Error('Firefox has no such thing')),
};

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
