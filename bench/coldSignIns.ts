/**
 * What a person feels who signs in once a month: everything is cold. From the click at the provider until opencode's own dialog
 * says that it is connected, with the extension and, in the same run, by an ideal tunnel.
 */
import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { launchChromium } from '../e2e/drivers/chromium.ts';
import type { BrowserDriver, Tab } from '../e2e/drivers/driver.ts';
import { launchFirefox } from '../e2e/drivers/firefox.ts';
import { haveServer } from '../e2e/pages/extension.ts';
import { connectChatGpt, followLink, openOpencode } from '../e2e/pages/opencode.ts';
import { createWorld, type RemoteServer, type World } from '../e2e/world/world.ts';
import { launchOptions } from './launch.ts';
import type { Figures } from './rows.ts';
import { median } from './statistics.ts';
import { digTunnel } from './tunnel.ts';

const PAIRS = 7;
/** How long a person looks at the provider's page, at least: longer than anything counts as learnt a moment ago. */
const READING_MS = 5_000;

const cases = {
  chromium: { driver: 'chromium', isAsleep: false },
  chromium_asleep: { driver: 'chromium', isAsleep: true },
  firefox: { driver: 'firefox', isAsleep: false },
  firefox_asleep: { driver: 'firefox', isAsleep: true },
} as const;
type Case = keyof typeof cases;

/** The parts of a sign-in, in the order in which they end. */
export const parts = ['exchange', 'confirmed', 'connected'] as const;
/** When each part ended, in milliseconds after the click. */
export type Times = Record<(typeof parts)[number], number>;

export interface ColdSignIns {
  rows: { sign_in_ratio: Figures; sign_in_ms: Figures };
  /** The sign-in with the median time, for the picture. */
  timelines: Record<string, Times>;
}

/** Measures pairs, each sign-in with a fresh browser, profile, opencode and world. */
export async function measureColdSignIns(note: (line: string) => void): Promise<ColdSignIns> {
  const measured: ColdSignIns = { rows: { sign_in_ratio: {}, sign_in_ms: {} }, timelines: {} };
  for (const [name, { driver, isAsleep }] of Object.entries(cases) as [Case, (typeof cases)[Case]][]) {
    const pairs: { extension: Times; tunnel: Times }[] = [];
    while (pairs.length < PAIRS) {
      const extension = await signInBy('extension', driver, isAsleep);
      const tunnel = await signInBy('tunnel', driver, false);
      pairs.push({ extension, tunnel });
      note(`${name}: ${Math.round(extension.connected)} ms, by a tunnel ${Math.round(tunnel.connected)} ms`);
    }
    const { sign_in_ratio: ratios, sign_in_ms: milliseconds } = measured.rows;
    ratios[name] = median(pairs.map(({ extension, tunnel }) => extension.connected / tunnel.connected));
    for (const by of ['extension', 'tunnel'] as const) {
      const middle = pairs.map((pair) => pair[by]).sort((a, b) => a.connected - b.connected)[PAIRS >> 1];
      if (!middle) throw new Error('nothing was measured');
      milliseconds[`${name}_${by}`] = middle.connected;
      measured.timelines[`${name}_${by}`] = middle;
    }
  }
  return measured;
}

type By = 'extension' | 'tunnel';

async function signInBy(by: By, driver: BrowserDriver['name'], isAsleep: boolean): Promise<Times> {
  const world = await createWorld();
  try {
    const server = await world.addServer('opencode.example.com');
    const tunnel = by === 'tunnel' ? await digTunnel(server) : undefined;
    const options = launchOptions(world, { extension: by === 'extension', driver });
    const browser = await (driver === 'chromium' ? launchChromium(options) : launchFirefox(options));
    try {
      return await signIn(world, server, browser, by, isAsleep);
    } finally {
      await browser.close();
      await tunnel?.close();
    }
  } finally {
    await world.close();
  }
}

async function signIn(
  world: World,
  server: RemoteServer,
  browser: BrowserDriver,
  by: By,
  isAsleep: boolean,
): Promise<Times> {
  if (by === 'extension') await haveServer(browser, server.url);
  const opencode = await openOpencode(browser, server);
  await connectChatGpt(opencode);
  const provider = await followLink(browser, opencode);
  await noteWhenConnected(opencode);
  // A person reads the provider's page: what is done meanwhile has been done.
  await pause(READING_MS);
  if (isAsleep) await browser.suspendBackground();
  await provider.bringToFront();
  const seen = watch(world, server);
  const clicked = await provider.evaluate(() => {
    const allow = document.querySelector<HTMLButtonElement>('button[value=allow]');
    // The page goes away with it: this answers first.
    setTimeout(() => allow?.click());
    return performance.timeOrigin + performance.now();
  }, undefined);
  await opencode.waitForText('html[data-connected-at]', /OpenAI/);
  const connected = Number(await opencode.evaluate(() => document.documentElement.dataset.connectedAt, undefined));
  return { exchange: seen.exchange - clicked, confirmed: seen.confirmed - clicked, connected: connected - clicked };
}

/** The page itself notes it: a driver would see it later. */
function noteWhenConnected(opencode: Tab): Promise<void> {
  return opencode.evaluate(() => {
    const observer = new MutationObserver(() => {
      if (!document.body.innerText.includes('OpenAI connected')) return;
      document.documentElement.dataset.connectedAt = String(performance.timeOrigin + performance.now());
      observer.disconnect();
    });
    observer.observe(document.body, { childList: true, subtree: true, characterData: true });
  }, undefined);
}

/** When opencode asks for tokens, and when its web UI has been told how it ended. */
function watch(world: World, server: RemoteServer): { exchange: number; confirmed: number } {
  const seen = { exchange: Number.NaN, confirmed: Number.NaN };
  const now = () => performance.timeOrigin + performance.now();
  world.providers.chatgpt.server.prependListener('request', (request: IncomingMessage) => {
    if (request.url === '/oauth/token') seen.exchange = now();
  });
  server.reverseProxy.server.prependListener('request', (request: IncomingMessage) => {
    // What the web UI asks for next, as soon as it has been told.
    if (request.url?.startsWith('/instance/dispose') && Number.isNaN(seen.confirmed)) seen.confirmed = now();
  });
  return seen;
}
