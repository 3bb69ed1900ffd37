/** A server is removed while a sign-in on it is under way: nothing more goes there, and nothing of it is left. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Browser as WebExtensionApi } from 'webextension-polyfill';
import { deliveries } from '../deliveries.ts';
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import { everyDayInFirefox } from '../everyDay.ts';
import { expect, test } from '../fixtures.ts';
import { allow, authorizeOn, followLinkTo } from '../pages/authorize.ts';
import { captureRules, haveServerWithPassword, removeServer, waitForPhase } from '../pages/extension.ts';
import type { RemoteServer } from '../world/world.ts';

const password = 'correct-horse';
const callbackEndpoint = '/provider/openai/oauth/callback';

interface Scene {
  browser: BrowserDriver;
  server: RemoteServer;
  /** The provider's tab, and then the capture page. */
  tab: Tab;
}

/** Each reaches its stage. @returns what lets the sign-in go on, once the server is removed */
const stages: Record<string, (scene: Scene) => Promise<() => unknown>> = {
  async 'while the user logs in'({ tab }) {
    return () => tab.click(allow);
  },

  async 'while the server cannot be reached'({ server, tab }) {
    await server.goDown();
    await tab.click(allow);
    expect(await waitForPhase(tab, 'failed')).toContain('cannot be reached');
    return () => server.comeBack();
  },

  async 'before the response is sent'({ server, tab }) {
    // The first thing that is asked; and whatever follows, but for what the popup asks.
    const held = hold(server, ({ url = '' }, alreadyHeld) => alreadyHeld === 0 || !ofPopup.test(url));
    await tab.click(allow);
    await waitForPhase(tab, 'delivering');
    await expect.poll(() => held.length).toBeGreaterThan(0);
    return () => release(server, held);
  },

  async 'after the response was sent'({ server, tab }) {
    const held = hold(server, ({ url }) => url === callbackEndpoint);
    await tab.click(allow);
    await expect.poll(() => deliveries(server)).toHaveLength(1);
    await expect.poll(() => held.length).toBe(1);
    return () => release(server, held);
  },

  async 'after the response was sent, when nobody could say how it ended'({ browser, server, tab }) {
    const held = hold(server, ({ url }) => url === callbackEndpoint);
    await tab.click(allow);
    await expect.poll(() => deliveries(server)).toHaveLength(1);
    await expect.poll(() => held.length).toBe(1);
    await server.goDown();
    // Asks again at once, and not as often as a background that has been there all the time.
    await browser.suspendBackground();
    expect(await waitForPhase(tab, 'failed')).toContain('cannot be reached');
    await tab.waitFor({ role: 'button', name: 'Try again' });
    server.reverseProxy.intercept = undefined;
    return () => server.comeBack();
  },
};

/** Where something is under way at the removal, it may end, and clear up behind itself. */
const underWay = new Set(['before the response is sent', 'after the response was sent']);

const removals: Record<string, (browser: BrowserDriver, server: RemoteServer) => Promise<void>> = {
  'in the popup': (browser, { host }) => removeServer(browser, host),
  'on another device, by sync': (browser, { url }) =>
    browser.background(({ storage }, key) => storage.sync.remove(key), `server:${url}`),
};

for (const [stage, reach] of Object.entries(stages)) {
  for (const [where, remove] of Object.entries(removals)) {
    const tag = where === 'in the popup' ? [] : everyDayInFirefox;
    test(`a server that is removed ${where} ${stage} gets nothing more`, { tag }, async ({ shared }) => {
      const { world, browser } = shared;
      const server = await world.addServer('opencode.example.com', { password });
      await haveServerWithPassword(browser, server.url, password);
      const page = await browser.newTab(`https://opencode:${password}@${server.host}/global/health`);
      const tab = await followLinkTo(browser, page, await authorizeOn(server));
      await tab.waitFor(allow);
      // What is asked while the user logs in has been asked.
      await expect.poll(() => kept(browser, 'session')).toContain('"learnt"');
      const goOn = await reach({ browser, server, tab });
      const sent = deliveries(server);

      await remove(browser, server);
      await expect.poll(() => captureRules(browser)).toBe(0);
      await expect.poll(() => kept(browser, 'local')).not.toContain(password);
      const asked = server.reverseProxy.accessLog.length;
      await goOn();

      if (stage === 'while the user logs in') expect(await tab.waitForErrorPage()).toBe('connection-refused');
      else {
        expect(await waitForPhase(tab, 'failed')).toContain('is no longer one of your servers');
        expect(await buttons(tab)).not.toContain('Try again');
        await askOnceMore(tab);
      }
      expect(deliveries(server)).toEqual(sent);
      if (!underWay.has(stage)) expect(server.reverseProxy.accessLog.slice(asked)).toEqual([]);
      await expect.poll(() => kept(browser, 'session')).not.toContain('code=');
    });
  }
}

const ofPopup = /^\/(global\/health|config\/providers)$/;

/** Holds what a server is asked, from now on. */
function hold(
  server: RemoteServer,
  isHeld: (request: IncomingMessage, alreadyHeld: number) => boolean,
): [IncomingMessage, ServerResponse][] {
  const held: [IncomingMessage, ServerResponse][] = [];
  server.reverseProxy.intercept = (request, response) => {
    if (!isHeld(request, held.length)) return false;
    held.push([request, response]);
    return true;
  };
  return held;
}

function release({ reverseProxy }: RemoteServer, held: [IncomingMessage, ServerResponse][]): void {
  reverseProxy.intercept = undefined;
  for (const [request, response] of held) reverseProxy.answer(request, response);
}

function kept(browser: BrowserDriver, area: 'local' | 'session'): Promise<string> {
  return browser.background(async ({ storage }, name) => JSON.stringify(await storage[name].get()), area);
}

/** As a page that has not heard of the removal yet: answered when whatever is under way has ended. */
function askOnceMore(tab: Tab): Promise<void> {
  return tab.evaluate(async () => {
    const { chrome } = globalThis as unknown as { chrome: WebExtensionApi };
    const data = window.location.hash.slice(1);
    await chrome.runtime.sendMessage({ id: 0, type: 'deliverSignIn', data, timestamp: 0 });
  }, undefined);
}

function buttons(tab: Tab): Promise<string[]> {
  return tab.evaluate(
    () => [...document.querySelectorAll('button')].map((button) => button.textContent ?? ''),
    undefined,
  );
}
