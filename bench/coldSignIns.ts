/**
 * What a person feels who signs in once a month: everything is cold. From the click at the provider until opencode's own dialog
 * says that it is connected, with the extension and, in the same run, by an ideal tunnel and with an extension that only sends.
 */
import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { BrowserDriver, Tab } from '../e2e/drivers/driver.ts';
import { isFirefox } from '../e2e/drivers/firefox.ts';
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
  sent: "the response reaches the server, or the tunnel's near end",
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
  timelines: Partial<Record<Timeline, Times>>;
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
      for (const moment of namesOf(moments)) {
        const part = moment === 'connected' ? '' : `.${moment}`;
        milliseconds[`${name}_${by}${part}`] = times[moment];
      }
    }
  }
  return measured;
}

function namesOf<Name extends string>(record: Record<Name, unknown>): Name[] {
  return Object.keys(record) as Name[];
}

/** `bare`: an extension that only sends (see bareExtension.ts). */
const ways = ['extension', 'tunnel', 'bare'] as const;
type By = (typeof ways)[number];
/** One of the ways in one of the cases. */
export type Timeline = `${keyof typeof cases}_${By}`;
type Tunnel = Awaited<ReturnType<typeof digTunnel>>;

async function signInBy(by: By, driver: BrowserName, isAsleep: boolean): Promise<Times> {
  const world = await createWorld();
  try {
    const server = await world.addServer('opencode.example.com');
    const tunnel = by === 'tunnel' ? await digTunnel(server) : undefined;
    const bare = by === 'bare' ? makeDeliveringExtension(server.url) : undefined;
    const extension = by === 'extension' ? extensionFolder(driver) : undefined;
    const browser = await launch(driver, world, extension, { rival: bare?.folder });
    try {
      if (bare && isFirefox(browser)) await browser.installAnother(bare.folder);
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
  const missed = namesOf(moments).filter((moment) => Number.isNaN(times[moment]));
  if (missed.length > 0) throw new Error(`nobody saw when ${missed.map((moment) => moments[moment]).join(', ')}`);
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

/** Notes when each moment is, from outside the browser. Of a tunnel, its near end is seen. */
function watch(world: World, server: RemoteServer, tunnel: Tunnel | undefined): Omit<Times, 'connected'> {
  const seen = { asked: Number.NaN, sent: Number.NaN, exchange: Number.NaN, confirmed: Number.NaN };
  const now = () => performance.timeOrigin + performance.now();
  const note = (moment: keyof typeof seen) => {
    if (Number.isNaN(seen[moment])) seen[moment] = now();
  };
  world.providers.chatgpt.server.prependListener('request', ({ url }: IncomingMessage) => {
    if (url === '/oauth/token') note('exchange');
  });
  server.reverseProxy.server.prependListener('request', ({ method, url }: IncomingMessage) => {
    if (!tunnel) note('asked');
    // The loopback route: an MCP server's URL that is the callback URL.
    // The last before opencode asks for tokens: a probe may come before it, and the clean-up after it.
    if (method === 'POST' && url?.startsWith('/mcp') && Number.isNaN(seen.exchange)) seen.sent = now();
    // What the web UI asks for next, as soon as it has been told.
    if (url?.startsWith('/instance/dispose')) note('confirmed');
  });
  tunnel?.near.prependListener('connection', () => {
    note('asked');
    note('sent');
  });
  return seen;
}
