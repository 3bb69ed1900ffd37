/** Sign-ins from end to end, with the real opencode: how long each of their parts takes, and what they leave behind. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { BrowserContext } from '@playwright/test';
import type { BrowserDriver, Tab } from '../e2e/drivers/driver.ts';
import { extensionFolder, launch } from '../e2e/launch.ts';
import { allow } from '../e2e/pages/authorize.ts';
import { haveServer, waitForPhase } from '../e2e/pages/extension.ts';
import { openOpencode } from '../e2e/pages/opencode.ts';
import { CONSENT_PATH } from '../e2e/world/providers/authorization-code.ts';
import type { RemoteServer, World } from '../e2e/world/world.ts';
import { makeArmingExtension } from './bareExtension.ts';
import { deliverByBareScript } from './bareScript.ts';
import { openObserver, paintOf, timeArming } from './observer.ts';
import type { Figures } from './rows.ts';
import { median, percentile } from './statistics.ts';
import { takeMarks, timeOf, watchWorker } from './watchWorker.ts';
import { workerHeap } from './workerHeap.ts';

const SIGN_INS = 100;
const PAIRS = 30;
const ASLEEP = 10;
const MIB = 1024 * 1024;

interface Scene {
  world: World;
  server: RemoteServer;
  browser: BrowserDriver & { context: BrowserContext };
  opencode: Tab;
  /** The same in a browser with an extension that adds a rule and does nothing else. */
  bare: Pick<Scene, 'world' | 'server' | 'browser' | 'opencode'>;
}

/** The times of one sign-in, in milliseconds. */
interface Times {
  arm: number;
  capture: number;
  deliver: number;
  /** The parts of `deliver`: until the response is sent, until opencode asks for tokens, until it confirms, until that is stored. */
  parts: [number, number, number, number];
}

export async function measureSignIns(world: World, note: (line: string) => void) {
  const server = await world.addServer('opencode.example.com');
  const arming = makeArmingExtension();
  const [browser, bare] = await Promise.all([
    launch('chromium', world, extensionFolder('chromium')),
    launch('chromium', world, undefined, { rival: arming.folder }),
  ]);
  try {
    const opencode = await openOpencode(browser, server);
    await haveServer(browser, server.url);
    await Promise.all([watchWorker(browser), watchWorker(bare)]);
    const withBare = { world, server, browser: bare, opencode: await openOpencode(bare, server) };
    return await measure({ world, server, browser, opencode, bare: withBare }, note);
  } finally {
    await Promise.all([browser.close(), bare.close()]);
    arming.remove();
  }
}

async function measure(scene: Scene, note: (line: string) => void) {
  await signIn(scene);
  const heapAfterOne = await workerHeap(scene.browser.context);
  const times: Times[] = [];
  const bare: number[] = [];
  const armedByBare: number[] = [];
  for (let count = 1; count < SIGN_INS; count += 1) {
    times.push(await signIn(scene));
    armedByBare.push(await armByBare(scene.bare));
    if (bare.length < PAIRS) bare.push(await deliverByBareScript(scene.opencode, await startByHand(scene)));
    if (count % 20 === 0) note(`${count} sign-ins`);
  }
  const heapAfterAll = await workerHeap(scene.browser.context);
  const asleep: number[] = [];
  const observer = await openObserver(scene.browser);
  while (asleep.length < ASLEEP) asleep.push(await armAsleep(scene, observer));

  const armed = times.map(({ arm }) => arm);
  const pairs = times.slice(0, PAIRS);
  const part = (index: 0 | 1 | 2 | 3) => median(pairs.map(({ parts }) => parts[index]));
  return {
    arm_ms: {
      p50: median(armed),
      p95: percentile(armed, 95),
      bare_extension_p50: median(armedByBare),
      bare_extension_p95: percentile(armedByBare, 95),
    },
    arm_asleep_ms: { p50: median(asleep) },
    capture_ms: { p50: median(times.map(({ capture }) => capture)) },
    deliver_ratio: { p50: median(pairs.map(({ deliver }, index) => deliver / (bare[index] ?? 0))) },
    deliver_ms: {
      p50: median(pairs.map(({ deliver }) => deliver)),
      bare_script: median(bare),
      before_sending: part(0),
      to_listener: part(1),
      exchange: part(2),
      storing: part(3),
    },
    memory_mib: {
      after_1: heapAfterOne.used / MIB,
      after_100: heapAfterAll.used / MIB,
      ratio: heapAfterAll.used / heapAfterOne.used,
      ratio_without_code: (heapAfterAll.used - heapAfterAll.code) / (heapAfterOne.used - heapAfterOne.code),
    },
  } satisfies Record<string, Figures>;
}

/** One sign-in, as the web UI and the user do it. */
async function signIn(scene: Scene): Promise<Times> {
  const { browser, server, world } = scene;
  const seen = watchRequests(world, server);
  const tab = await openProvider(scene);
  await tab.click(allow);
  await waitForPhase(tab, 'completed');
  const painted = await paintOf(tab);
  await tab.close();
  const marks = await takeMarks(browser);
  const [taken, completed] = [timeOf(marks, 'delivering'), timeOf(marks, 'completed')];
  const { sent, exchange, confirmed } = seen.stop();
  return {
    arm: timeOf(marks, 'armed') - timeOf(marks, 'asked'),
    capture: painted - timeOf(marks, 'navigated'),
    deliver: completed - taken,
    parts: [sent - taken, exchange - sent, confirmed - exchange, completed - confirmed],
  };
}

/** How long an extension takes that does nothing else. */
async function armByBare(scene: Scene['bare']): Promise<number> {
  const tab = await openProvider(scene);
  await tab.close();
  const marks = await takeMarks(scene.browser);
  return timeOf(marks, 'armed') - timeOf(marks, 'asked');
}

/** How long arming takes when the worker sleeps, as a page of the extension sees it: the worker's debugger ends with it. */
async function armAsleep(scene: Scene, observer: Tab): Promise<number> {
  const url = await authorizationUrl(scene);
  await scene.browser.suspendBackground();
  const { took, started: tab } = await timeArming(observer, () => openProvider(scene, url));
  await tab.close();
  return took;
}

async function authorizationUrl({ server }: Scene['bare']): Promise<string> {
  const answer = await server.opencode.fetch('/provider/openai/oauth/authorize', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ method: 0 }),
  });
  return ((await answer.json()) as { url: string }).url;
}

/** Opens the provider from opencode's page, as its dialog's link does. */
async function openProvider(scene: Scene['bare'], given?: string): Promise<Tab> {
  const url = given ?? (await authorizationUrl(scene));
  const tab = await scene.browser.tabOpenedBy(() =>
    scene.opencode.evaluate((target) => void window.open(target, '_blank', 'noopener,noreferrer'), url),
  );
  await tab.waitFor(allow);
  return tab;
}

/** The same sign-in without a browser, up to its response. @returns the callback URL */
async function startByHand(scene: Scene): Promise<string> {
  const { authority, providers } = scene.world;
  const request = new URL(await authorizationUrl(scene)).searchParams.toString();
  const { address, port } = providers.chatgpt.server.address() as AddressInfo;
  const login = httpsRequest({
    method: 'POST',
    ...{ host: address, port, path: CONSENT_PATH, servername: 'auth.openai.com', ca: authority.cert },
    headers: { host: 'auth.openai.com' },
  });
  login.end(new URLSearchParams({ request, decision: 'allow' }).toString());
  const [response] = (await once(login, 'response')) as [IncomingMessage];
  response.resume();
  return response.headers.location ?? '';
}

/** When the response leaves for the server, when opencode asks for tokens, and when it confirms. */
function watchRequests(world: World, server: RemoteServer) {
  const seen = { sent: Number.NaN, exchange: Number.NaN, confirmed: Number.NaN };
  const now = () => performance.timeOrigin + performance.now();
  const onProxied = (request: IncomingMessage, response: ServerResponse) => {
    if (request.method !== 'POST') return;
    if (request.url !== '/provider/openai/oauth/callback') return;
    // The outcome is asked for as the response is sent.
    seen.sent = now();
    response.on('close', () => {
      seen.confirmed = now();
    });
  };
  const onExchange = (request: IncomingMessage) => {
    if (request.url === '/oauth/token') seen.exchange = now();
  };
  server.reverseProxy.server.prependListener('request', onProxied);
  world.providers.chatgpt.server.prependListener('request', onExchange);
  return {
    stop() {
      server.reverseProxy.server.off('request', onProxied);
      world.providers.chatgpt.server.off('request', onExchange);
      return seen;
    },
  };
}
