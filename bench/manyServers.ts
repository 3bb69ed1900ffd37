/** A user with 200 servers, and a sign-in waiting on each of them. */
import { createServer } from 'node:https';
import type { BrowserContext } from '@playwright/test';
import type { BrowserDriver, Tab } from '../e2e/drivers/driver.ts';
import { extensionFolder, launch } from '../e2e/launch.ts';
import { allow } from '../e2e/pages/authorize.ts';
import { listen } from '../e2e/world/listen.ts';
import type { World } from '../e2e/world/world.ts';
import type { Figures } from './rows.ts';
import { median } from './statistics.ts';
import { type Mark, takeMarks, timeOf, watchWorker } from './watchWorker.ts';

const SERVERS = 200;
const SAMPLES = 20;

export async function measureManyServers(world: World, note: (line: string) => void) {
  const server = createServer(await world.authority.issue('*.example.com'), (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"healthy":true,"version":"1.18.33"}');
  });
  const port = await listen(server, 0, '127.0.0.1');
  const browser = await launch('chromium', world, extensionFolder('chromium'), {
    resolverRules: `MAP server*.example.com:443 127.0.0.1:${port}`,
  });
  try {
    await knowServers(browser);
    await watchWorker(browser);
    const tab = await browser.newTab();
    const alone: number[] = [];
    while (alone.length < SAMPLES) {
      await forgetSignIns(browser);
      alone.push(await arm(browser, tab, alone.length));
    }
    await forgetSignIns(browser);
    for (let index = 0; index < SERVERS; index += 1) await arm(browser, tab, index);
    note(`${SERVERS} sign-ins wait`);
    const crowded: number[] = [];
    while (crowded.length < SAMPLES) crowded.push(await arm(browser, tab, crowded.length));
    await forgetSignIns(browser);
    // As many as are remembered once they are over: each supersedes the one before.
    for (let count = 0; count < 20; count += 1) await arm(browser, tab, 0);
    await watchPopup(browser.context);
    const opened: number[] = [];
    while (opened.length < SAMPLES) opened.push(await openPopup(browser));
    return {
      armed_200_ratio: { p50: median(crowded) / median(alone), alone_ms: median(alone), crowded_ms: median(crowded) },
      servers_200_popup_ms: { p50: median(opened) },
    } satisfies Record<string, Figures>;
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
}

function urlOf(index: number): string {
  return `https://server${index}.example.com`;
}

/** Puts the servers where the popup would have put them, one click after another. */
async function knowServers(browser: BrowserDriver): Promise<void> {
  const urls = Array.from({ length: SERVERS }, (_, index) => urlOf(index));
  const page = await browser.newTab(browser.extensionUrl('callback.html'));
  await page.evaluate(async (given) => {
    const { chrome: api } = globalThis as unknown as { chrome: typeof import('webextension-polyfill') };
    const items = given.map((url, addedAt) => [`server:${url}`, { version: 1, addedAt, server: { url } }]);
    await api.storage.sync.set(Object.fromEntries(items));
  }, urls);
  await page.close();
}

async function forgetSignIns(browser: BrowserDriver): Promise<void> {
  await browser.background(async ({ storage, declarativeNetRequest: rules }) => {
    await storage.session.clear();
    const removeRuleIds = (await rules.getSessionRules()).map(({ id }) => id);
    await rules.updateSessionRules({ removeRuleIds });
  });
}

let requests = 0;

/** Starts a sign-in on a server's page. @returns how long it took until its rule was in force, in milliseconds */
async function arm(browser: BrowserDriver, tab: Tab, index: number): Promise<number> {
  requests += 1;
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
    redirect_uri: 'http://localhost:1455/auth/callback',
    scope: 'openid',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
    state: `state-of-request-${requests}`,
    originator: 'opencode',
  });
  await tab.goto(urlOf(index));
  await tab.evaluate((url) => window.location.assign(url), `https://auth.openai.com/oauth/authorize?${query}`);
  await tab.waitFor(allow);
  const marks: Mark[] = [];
  while (!marks.some(({ name }) => name === 'waiting')) marks.push(...(await takeMarks(browser)));
  return timeOf(marks, 'armed') - timeOf(marks, 'asked');
}

/** The page notes by itself when it shows servers and sign-ins and its thread is free for the user again. */
async function watchPopup(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const isShown = () =>
      document.body?.textContent?.includes('server0.example.com') &&
      document.querySelector('ul[aria-label="Recent sign-ins"] li');
    const look = () => {
      if (!isShown()) requestAnimationFrame(look);
      else requestAnimationFrame(() => setTimeout(() => performance.mark('interactive')));
    };
    look();
  });
}

/** @returns milliseconds from the popup's opening until it is of use */
async function openPopup(browser: BrowserDriver): Promise<number> {
  const popup = await browser.newTab(browser.extensionUrl('popup.html'));
  const ms = await popup.evaluate(async () => {
    const interactive = () => performance.getEntriesByName('interactive')[0]?.startTime;
    while (interactive() === undefined) await new Promise(requestAnimationFrame);
    return interactive() ?? Number.NaN;
  }, undefined);
  await popup.close();
  return ms;
}
