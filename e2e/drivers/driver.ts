/** The little that scenarios need of a browser. Each browser has one implementation; the scenarios know only this. */

import type { Browser as WebExtensionApi } from 'webextension-polyfill';

/** Something on a page: by role and exact accessible name, or by XPath where a page of opencode's has neither. */
export type Target = { role: 'button' | 'link' | 'tab' | 'textbox'; name: string } | { xpath: string };

/** What brings a page to a standstill while its tab is still there. */
export type Standstill = 'a busy loop' | 'an open alert' | 'a debugger' | 'a freeze';

export interface Tab {
  /** Opens a URL; also resolves when that ends in the browser's error page. */
  goto(url: string): Promise<void>;
  /** `location.href`, as the page itself sees it. */
  url(): Promise<string>;
  click(target: Target): Promise<void>;
  fill(target: Target, text: string): Promise<void>;
  /** Presses keys one after another, by their DOM names, in whatever has the keyboard. */
  press(...keys: string[]): Promise<void>;
  /** Types into whatever has the keyboard. */
  type(text: string): Promise<void>;
  waitFor(target: Target): Promise<void>;
  /** Waits until the text of the first element that matches has the pattern in it; answers the text. */
  waitForText(css: string, pattern: RegExp): Promise<string>;
  /** Waits until the tab shows the browser's own error page; answers whether it says that nobody listened. */
  waitForErrorPage(): Promise<'connection-refused' | 'other'>;
  /** Runs a function in the page. It must not refer to anything outside itself. */
  evaluate<T, A>(fn: (argument: A) => T | Promise<T>, argument: A): Promise<T>;
  /** The first frame in the page, as a tab whose elements are that frame's. */
  frame(): Promise<Tab>;
  bringToFront(): Promise<void>;
  reload(): Promise<void>;
  /** Presses Back. */
  back(): Promise<void>;
  /** Gives the page a size, in CSS pixels. */
  resize(width: number, height: number): Promise<void>;
  screenshot(path: string): Promise<void>;
  /** Brings the page, which is not in front, to a standstill that lasts as long as the tab. Chromium alone freezes pages. */
  halt(by: Standstill): Promise<void>;
  close(): Promise<void>;
  /** Waits until the tab is closed, by whomever. */
  waitForClose(): Promise<void>;
}

export interface BrowserDriver {
  name: 'chromium' | 'firefox';
  newTab(url?: string): Promise<Tab>;
  /** Runs an action that makes a page open a tab; answers that tab. */
  tabOpenedBy(action: () => Promise<void>): Promise<Tab>;
  /** The URL of one of the extension's pages. */
  extensionUrl(path: string): string;
  /** Runs a function in the extension's background with the WebExtension API. It must not refer to anything outside itself. */
  background<T>(fn: (api: WebExtensionApi) => T | Promise<T>): Promise<T>;
  /** The same with an argument, which goes there as JSON. */
  background<T, A>(fn: (api: WebExtensionApi, argument: A) => T | Promise<T>, argument: A): Promise<T>;
  /** Everything that pages and the extension wrote to the console. */
  consoleOutput(): Promise<string>;
  /** What was copied last, as whoever pastes it gets it. */
  clipboardText(): Promise<string>;
  /** Ends the extension's worker or event page, as the browser does after half a minute without an event. */
  suspendBackground(): Promise<void>;
  /** Takes a host permission back, as a user does on the browser's own page about the extension. */
  withdrawHost(pattern: string): Promise<void>;
  /** Gives it again. */
  grantHost(pattern: string): Promise<void>;
  /** Takes the browser off the network, or back. */
  setOffline(offline: boolean): Promise<void>;
  /** Lets the extension's background believe that so many milliseconds more have passed. */
  moveClock(milliseconds: number): Promise<void>;
  /** Lets the extension's background wait a tenth of what it would for the next look and the clean-up, until it is ended. */
  hurry(): Promise<void>;
  /**
   * Becomes what it was after its start, for the next test: no tabs, an extension as it was installed, and nothing kept of
   * any site. @returns whether it has forgotten all: Chromium keeps the logins that it was given
   */
  forget(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * The extension's part of `forget`, which runs in its background: closes all tabs but the first one, without which the browser
 * ends, and forgets what the extension keeps and the hosts that were granted since. A host that a test withdraws it gives back.
 */
export async function forgetInExtension(api: WebExtensionApi): Promise<void> {
  const { tabs, storage, declarativeNetRequest, permissions, runtime } = api;
  // Firefox's driver works in a tab.
  const driversOwn = await tabs.getCurrent();
  const others = (await tabs.query({})).filter(({ id, index }) => index > 0 && id !== driversOwn?.id);
  // One that shows a success closes by itself.
  await Promise.all(others.map(({ id }) => tabs.remove(id ?? 0).catch(() => {})));
  await Promise.all([storage.local.clear(), storage.sync.clear(), storage.session.clear()]);
  const removeRuleIds = (await declarativeNetRequest.getSessionRules()).map(({ id }) => id);
  await declarativeNetRequest.updateSessionRules({ removeRuleIds });
  const fromTheStart = runtime.getManifest().host_permissions ?? [];
  const { origins = [] } = await permissions.getAll();
  await permissions.remove({ origins: origins.filter((origin) => !fromTheStart.includes(origin)) });
}

export interface LaunchOptions {
  /** Folder of the unpacked extension, in Firefox also its package; none for the control. */
  extension: string | undefined;
  /** Folder of another extension. Chromium only: it cannot install one later; there the newer extension's rules win. */
  rival?: string | undefined;
  /** PEM of the authority that the browser trusts. */
  authority: string;
  /** Chromium's `--host-resolver-rules`, where namespaces do not do it. */
  resolverRules: string;
  headless?: boolean;
  /** Device pixels for each CSS pixel. Chromium only. */
  scale?: number;
  /** Folder of a profile that outlives the browser: for the same user's next start of it. */
  profile?: string;
  firefoxPrefs?: Record<string, string | number | boolean>;
  /** Added to the browser's environment, such as a DISPLAY. */
  env?: Record<string, string>;
}
