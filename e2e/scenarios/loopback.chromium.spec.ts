/**
 * The way by the server's own MCP client: which requests arrive at the listener, how many, and until when. Nothing of it
 * depends on the browser.
 *
 * The listener is opencode's own. To count, its address in the delivery call is led to a listener of the test's on the
 * same loopback, which hands on what it is asked.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { deliveries } from '../deliveries.ts';
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import { expectNoSecrets } from '../expectNoSecrets.ts';
import { expect, test } from '../fixtures.ts';
import { allow, authorizeOn, followLinkTo } from '../pages/authorize.ts';
import { haveServer, waitForPhase } from '../pages/extension.ts';
import { callsFor } from '../pages/providers.ts';
import type { LoopbackListener, LoopbackRequest } from '../world/loopback-listener.ts';
import type { RemoteServer } from '../world/world.ts';

const LISTENER_PORT = 1455;
const COUNTING_PORT = 14550;

test('a sign-in takes the way by the server itself: no terminal is started there', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  const tab = await (await signInsOn(browser, server)).start();
  await tab.click(allow);

  await waitForPhase(tab, 'completed');
  expect(terminals(server)).toEqual([]);
  expect(callsFor(server, /^POST \/mcp/)).not.toEqual([]);
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
  await expectNoSecrets({ world, server, browser, tab });
});

test('behind a proxy that takes loopback requests the terminal is started, and the proxy never sees the code', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com', { loopbackProxied: true });
  const tab = await (await signInsOn(browser, server)).start();
  // One that requests nothing is tried while the user logs in.
  await expect.poll(() => terminals(server)).toHaveLength(1);
  await tab.click(allow);

  await waitForPhase(tab, 'completed');
  expect(terminals(server)).toHaveLength(2);
  expect(deliveries(server)).toEqual([expect.stringContaining('/bin/sh')]);
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
  // It was asked for something harmless: that is how the extension knows of it.
  expect(world.proxiedRequests).not.toEqual([]);
  await expectNoSecrets({ world, server, browser, tab });
});

test('when the delivery call is answered all requests of it have arrived, and none comes later', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  const signIns = await signInsOn(browser, server);
  const listener = await countDeliveries(server);

  // Whatever opencode's listener answers.
  listener.decide = () => ({ forwardTo: LISTENER_PORT });
  await completeOne(signIns);
  await expect.poll(() => listener.delivered).toHaveLength(1);
  expect(methodsOf(listener.delivered[0])[0]).toBe('POST');
  expect(methodsOf(listener.delivered[0]).slice(1)).toContain('GET');

  // The listener is gone after the first request, as soon as it has answered that.
  listener.decide = (request) => ({ forwardTo: LISTENER_PORT, andClose: carriesCode(request) });
  await completeOne(signIns);
  await expect.poll(() => listener.delivered).toHaveLength(2);
  expect(methodsOf(listener.delivered[1])).toEqual(['POST']);
  await aClientThatTriesAgainHasDoneSo(server, listener);

  expect(listener.delivered).toHaveLength(2);
  expect(codesIn(listener.requests)).toEqual(codesIn(listener.delivered.flat()));
  expect(world.providers.chatgpt.exchanges).toEqual(['ok', 'ok']);
});

test('sign-ins that follow each other as fast as the server allows all complete', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  const signIns = await signInsOn(browser, server);
  let tab = await signIns.start();
  for (let round = 1; round <= 4; round += 1) {
    // opencode tells everybody who asks: the newer one starts on its word, whatever else is still on its way.
    const newer = signIns.outcome().then(() => signIns.start());
    await tab.bringToFront();
    await tab.click(allow);
    const older = tab;
    tab = await newer;
    await waitForPhase(older, 'completed');
    await older.close();
  }
  expect(world.providers.chatgpt.exchanges).toEqual(['ok', 'ok', 'ok', 'ok']);
});

function terminals(server: RemoteServer): string[] {
  return callsFor(server, /^POST \/(api\/)?pty/);
}

interface SignIns {
  /** Answers the provider's tab. */
  start(): Promise<Tab>;
  /** Waits for opencode's word on the sign-in that waits there. */
  outcome(): Promise<void>;
}

/** A server that the extension knows, and a page of its to start from. opencode's web UI is in other scenarios. */
async function signInsOn(browser: BrowserDriver, server: RemoteServer): Promise<SignIns> {
  await haveServer(browser, server.url);
  const origin = await browser.newTab(`${server.url}/global/health`);
  return {
    async start() {
      const tab = await followLinkTo(browser, origin, await authorizeOn(server));
      await tab.waitFor(allow);
      return tab;
    },
    async outcome() {
      const answer = await server.opencode.fetch('/provider/openai/oauth/callback', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"method":0}',
      });
      expect(await answer.json()).toBe(true);
    },
  };
}

async function completeOne(signIns: SignIns): Promise<void> {
  const tab = await signIns.start();
  await tab.click(allow);
  await waitForPhase(tab, 'completed');
  await tab.close();
}

interface CountingListener extends LoopbackListener {
  /** For each delivery call, in its order: what had arrived when it was answered. */
  delivered: LoopbackRequest[][];
}

/** Leads every call that names opencode's listener to a listener of the test's. */
async function countDeliveries(server: RemoteServer): Promise<CountingListener> {
  const listener = await server.loopback.listen(COUNTING_PORT);
  if (!listener) throw new Error(`port ${COUNTING_PORT} is taken`);
  const counting = Object.assign(listener, { delivered: [] as LoopbackRequest[][] });
  server.reverseProxy.intercept = (request, response) => {
    if (request.method !== 'POST' || request.url !== '/mcp') return false;
    void answer(request, response);
    return true;
  };
  return counting;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = await text(request);
    const before = counting.requests.length;
    const answered = await server.opencode.fetch('/mcp', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: asked.replace(`:${LISTENER_PORT}/`, `:${COUNTING_PORT}/`),
    });
    const body = await answered.text();
    if (asked.includes('code=')) counting.delivered.push(counting.requests.slice(before));
    response.writeHead(answered.status, { 'content-type': 'application/json' }).end(body);
  }
}

/**
 * Opens the listener again, and waits for a client of the MCP SDK, which opencode's is made of, that was refused before and
 * is left alone: it tries again after three seconds. What opencode's client had left to try has arrived by then.
 */
async function aClientThatTriesAgainHasDoneSo(server: RemoteServer, listener: LoopbackListener): Promise<void> {
  const script = `
    import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
    new SSEClientTransport(new URL('http://localhost:${COUNTING_PORT}/control')).start().catch(() => console.log('refused'));
  `;
  const [program = '', ...args] = [...server.opencode.command, process.execPath, '--input-type=module', '-e', script];
  const control = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(control, 'exit');
  try {
    await once(control.stdout, 'data');
    listener.decide = undefined;
    await listener.open();
    await expect.poll(() => listener.requests.some(({ path }) => path === '/control')).toBe(true);
  } finally {
    // Its network ends with the last process in it.
    control.kill('SIGKILL');
    await exited;
  }
}

function methodsOf(requests: LoopbackRequest[] = []): string[] {
  return requests.filter(carriesCode).map(({ method }) => method);
}

function codesIn(requests: LoopbackRequest[]): string[] {
  return requests.filter(carriesCode).map(({ path }) => path);
}

/** The others are the extension's own, and ask whether anybody is there. */
function carriesCode({ path }: LoopbackRequest): boolean {
  return path.includes('code=');
}
