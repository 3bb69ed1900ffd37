/**
 * What a person feels who signs in once a month: everything is cold. From the click at the provider until opencode's own dialog
 * says that it is connected, with the extension and, in the same run, by an ideal tunnel and with the least that an extension
 * can do.
 */
import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { BrowserDriver, Tab } from '../e2e/drivers/driver.ts';
import type { FirefoxDriver } from '../e2e/drivers/firefox.ts';
import { type BrowserName, extensionFolder, launch } from '../e2e/launch.ts';
import { haveServer } from '../e2e/pages/extension.ts';
import { connectChatGpt, followLink, openOpencode } from '../e2e/pages/opencode.ts';
import { createWorld, type RemoteServer, type World } from '../e2e/world/world.ts';
import { makeDeliveringExtension } from './bareExtension.ts';
import type { Figures } from './rows.ts';
import { median } from './statistics.ts';
import { digTunnel } from './tunnel.ts';

const ROUNDS = 7;
/** How long a person looks at the provider's page, at least: longer than anything counts as learnt a moment ago. */
const READING_MS = 5_000;

const cases = {
  chromium: { driver: 'chromium', isAsleep: false },
  chromium_asleep: { driver: 'chromium', isAsleep: true },
  firefox: { driver: 'firefox', isAsleep: false },
  firefox_asleep: { driver: 'firefox', isAsleep: true },
} as const;

/** What happens in a sign-in, in this order. */
export const moments = {
  asked: 'the server is asked for the first time',
  sent: 'the response reaches the server',
  exchange: 'opencode asks for tokens',
  confirmed: 'its web UI is told how it ended',
  connected: 'its dialog says connected',
} as const;
export type Moment = keyof typeof moments;
/** When each of them was, in milliseconds after the click. */
export type Times = Record<Moment, number>;

export interface ColdSignIns {
  rows: { sign_in_ratio: Figures; sign_in_ms: Figures };
  /** The medians of each moment, by browser and way. */
  timelines: Record<string, Times>;
}

/** Measures in rounds, each sign-in with a fresh browser, profile, opencode and world. */
export async function measureColdSignIns(note: (line: string) => void): Promise<ColdSignIns> {
  const measured: ColdSignIns = { rows: { sign_in_ratio: {}, sign_in_ms: {} }, timelines: {} };
  for (const name of namesOf(cases)) {
    const { driver, isAsleep } = cases[name];
    const rounds: Record<By, Times>[] = [];
    while (rounds.length < ROUNDS) {
      const extension = await signInBy('extension', driver, isAsleep);
      const tunnel = await signInBy('tunnel', driver, false);
      const round = { extension, tunnel, bare: await signInBy('bare', driver, isAsleep) };
      rounds.push(round);
      note(`${name}: ${ways.map((by) => `${by} ${Math.round(round[by].connected)} ms`).join(', ')}`);
    }
    const { sign_in_ratio: ratios, sign_in_ms: milliseconds } = measured.rows;
    const ratioOf = (by: By) => median(rounds.map((round) => round[by].connected / round.tunnel.connected));
    ratios[name] = ratioOf('extension');
    ratios[`${name}_bare`] = ratioOf('bare');
    for (const by of ways) {
      const entries = namesOf(moments).map((moment) => [moment, median(rounds.map((round) => round[by][moment]))]);
      const times = Object.fromEntries(entries) as Times;
      measured.timelines[`${name}_${by}`] = times;
      milliseconds[`${name}_${by}`] = times.connected;
      for (const moment of namesOf(moments)) milliseconds[`${name}_${by}.${moment}`] = times[moment];
    }
  }
  return measured;
}

function namesOf<Name extends string>(record: Record<Name, unknown>): Name[] {
  return Object.keys(record) as Name[];
}

/** `bare`: the least that an extension can do (see bareExtension.ts). */
const ways = ['extension', 'tunnel', 'bare'] as const;
type By = (typeof ways)[number];
type Tunnel = Awaited<ReturnType<typeof digTunnel>>;

async function signInBy(by: By, driver: BrowserName, isAsleep: boolean): Promise<Times> {
  const world = await createWorld();
  try {
    const server = await world.addServer('opencode.example.com');
    const tunnel = by === 'tunnel' ? await digTunnel(server) : undefined;
    const bare = by === 'bare' ? makeDeliveringExtension() : undefined;
    const extension = by === 'extension' ? extensionFolder(driver) : undefined;
    const browser = await launch(driver, world, extension, { rival: bare?.folder });
    try {
      if (bare && 'installAnother' in browser) await (browser as FirefoxDriver).installAnother(bare.folder);
      if (extension) await haveServer(browser, server.url);
      return await signIn(world, server, browser, tunnel, isAsleep);
    } finally {
      await browser.close();
      await tunnel?.close();
      bare?.remove();
    }
  } finally {
    await world.close();
  }
}

async function signIn(
  world: World,
  server: RemoteServer,
  browser: BrowserDriver,
  tunnel: Tunnel | undefined,
  isAsleep: boolean,
): Promise<Times> {
  const opencode = await openOpencode(browser, server);
  await connectChatGpt(opencode);
  const provider = await followLink(browser, opencode);
  await noteWhenConnected(opencode);
  // A person reads the provider's page: what is done meanwhile has been done.
  await pause(READING_MS);
  if (isAsleep) await browser.suspendBackground();
  await provider.bringToFront();
  const seen = watch(world, server, tunnel);
  const clicked = await provider.evaluate(() => {
    const allow = document.querySelector<HTMLButtonElement>('button[value=allow]');
    // The page goes away with it: this answers first.
    setTimeout(() => allow?.click());
    return performance.timeOrigin + performance.now();
  }, undefined);
  await opencode.waitForText('html[data-connected-at]', /OpenAI/);
  const connected = Number(await opencode.evaluate(() => document.documentElement.dataset.connectedAt, undefined));
  const times = { ...seen, connected };
  return Object.fromEntries(namesOf(moments).map((moment) => [moment, times[moment] - clicked])) as Times;
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

/** Notes when each moment is, from outside the browser. By a tunnel, the server is first asked by the response itself. */
function watch(world: World, server: RemoteServer, tunnel: Tunnel | undefined): Omit<Times, 'connected'> {
  const seen = { asked: Number.NaN, sent: Number.NaN, exchange: Number.NaN, confirmed: Number.NaN };
  const note = (moment: keyof typeof seen) => {
    if (Number.isNaN(seen[moment])) seen[moment] = performance.timeOrigin + performance.now();
  };
  world.providers.chatgpt.server.prependListener('request', ({ url }: IncomingMessage) => {
    if (url === '/oauth/token') note('exchange');
  });
  server.reverseProxy.server.prependListener('request', ({ method, url }: IncomingMessage) => {
    if (!tunnel) note('asked');
    // The loopback route: an MCP server's URL that is the callback URL.
    if (method === 'POST' && url?.startsWith('/mcp')) note('sent');
    // What the web UI asks for next, as soon as it has been told.
    if (url?.startsWith('/instance/dispose')) note('confirmed');
  });
  tunnel?.near.prependListener('connection', () => {
    note('asked');
    note('sent');
  });
  return seen;
}
