/** The files of `docs/deploy` do what their documents promise: run by nginx and Caddy in front of the real opencode. */
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import { expectNoSecrets } from '../expectNoSecrets.ts';
import { test as base, expect } from '../fixtures.ts';
import { haveServer, setCallbackUrl, waitForPhase } from '../pages/extension.ts';
import { connectChatGpt, followLink, openOpencode, waitUntilConnected } from '../pages/opencode.ts';
import { namespaceRun } from '../world/namespaces.ts';
import { createRealProxies, type Gateway, type Login, type RealProxies } from '../world/real-proxy.ts';
import type { RemoteServer, World } from '../world/world.ts';

const host = 'opencode.example.com';
const password = 'correct-horse';
const allow = { role: 'button', name: 'Continue' } as const;
const logIn = { role: 'button', name: 'Sign in with Example' } as const;

const test = base.extend<{ proxies: RealProxies }>({
  proxies: async ({ world }, use, testInfo) => {
    const proxies = createRealProxies(world);
    await use(proxies);
    if (testInfo.status !== testInfo.expectedStatus) writeFileSync(testInfo.outputPath('proxy.log'), proxies.log());
    await proxies.close();
  },
});

test.skip(!namespaceRun, 'The proxies need the ports that the documents name, on a machine of their own.');

const arrangements = [
  { proxy: 'nginx', login: 'password' },
  { proxy: 'nginx', login: 'basic' },
  { proxy: 'nginx', login: 'sso' },
  { proxy: 'caddy', login: 'password' },
  { proxy: 'caddy', login: 'sso' },
] as const satisfies { proxy: keyof RealProxies; login: Login }[];
type Arrangement = (typeof arrangements)[number];

const names: Record<Login, string> = {
  password: "opencode's own password",
  basic: "the proxy's Basic auth",
  sso: 'a forward-auth gateway',
};

for (const arrangement of arrangements) {
  const name = `${arrangement.proxy} and ${names[arrangement.login]}`;

  test(`a sign-in completes behind ${name}`, async ({ world, proxies, browserWithExtension: browser }) => {
    const { server, gateway } = await arrange(world, proxies, arrangement);
    const opencode = gateway ? await openThroughGateway(browser, server) : await openOpencode(browser, server);
    await haveServer(browser, server.url);
    await connectChatGpt(opencode);
    const tab = await followLink(browser, opencode);
    await tab.click(allow);

    expect(await waitForPhase(tab, 'completed')).toContain(`Signed in to ChatGPT on ${host}`);
    await waitUntilConnected(opencode);
    expect(server.opencode.storedCredentials()).toMatchObject({ openai: { type: 'oauth' } });
    server.reverseProxy.accessLog.push(proxies.log());
    await expectNoSecrets({ world, server, browser, tab });
  });

  test(`a sign-in completes through the callback URL behind ${name}`, async ({
    world,
    proxies,
    browserWithExtension: browser,
  }) => {
    const { server, gateway } = await arrange(world, proxies, arrangement);
    const opencode = gateway ? await openThroughGateway(browser, server) : await openOpencode(browser, server);
    await haveServer(browser, server.url);
    const popup = await setCallbackUrl(browser, `${server.url}/auth/callback`);
    await popup.waitForText('[role=status]', /Saved/);
    await opencode.bringToFront();
    await connectChatGpt(opencode);
    const tab = await followLink(browser, opencode);
    await tab.click(allow);

    await waitForPhase(tab, 'completed');
    await waitUntilConnected(opencode);
    expect(world.identityProvider.exchanges).toEqual(['ok']);
    expect(proxies.log()).toContain('/auth/callback');
    expect(proxies.log()).not.toMatch(/(POST|PUT) \S*pty/);
  });

  test(`streams, terminals, large requests and the callback URL pass ${name}`, async ({ world, proxies, driver }) => {
    test.skip(driver !== 'chromium', 'No browser takes part: once is enough.');
    const { server, gateway } = await arrange(world, proxies, arrangement);
    const send = sender(world, server, credentials(arrangement, gateway));

    expect(await firstChunk(await send('/global/event'))).toContain('server.connected');
    expect(await terminalOutput(send)).toContain('through the proxy');

    const message = 'a'.repeat(80_000);
    expect(await answerOf(await send('/log', { body: { service: 'test', level: 'info', message } }))).toBe('200 true');
    const cookies = Array.from({ length: 4 }, (_, index) => `large${index}=${'a'.repeat(4_000)}`).join('; ');
    expect(await answerOf(await send('/global/health', { headers: { cookie: cookies } }))).toContain('"healthy":true');

    await callbackUrlReachesTheListener(world, server, send);
    expect(proxies.log()).toContain('/auth/callback');
    const seen = proxies.log() + server.opencode.log();
    for (const secret of [...world.identityProvider.secrets(), ...world.identityProvider.states]) {
      expect(seen).not.toContain(secret);
    }
  });
}

for (const proxyName of ['nginx', 'caddy'] as const) {
  test(`a session of the gateway behind ${proxyName} that ends meanwhile loses nothing: after a new login the sign-in goes on`, async ({
    world,
    proxies,
    browserWithExtension: browser,
  }) => {
    const { server, gateway } = await arrange(world, proxies, { proxy: proxyName, login: 'sso' });
    if (!gateway) throw new Error('arranged without a gateway');
    const opencode = await openThroughGateway(browser, server);
    await haveServer(browser, server.url);
    await connectChatGpt(opencode);
    const tab = await followLink(browser, opencode);
    gateway.hasSession = false;
    await tab.click(allow);

    await waitForPhase(tab, 'failed');
    expect(world.identityProvider.exchanges).toEqual([]);
    await openThroughGateway(browser, server);
    await waitForPhase(tab, 'completed');
    expect(server.opencode.storedCredentials()).toMatchObject({ openai: { type: 'oauth' } });
  });
}

interface Arranged {
  server: RemoteServer;
  gateway: Gateway | undefined;
}

async function arrange(world: World, proxies: RealProxies, { proxy: kind, login }: Arrangement): Promise<Arranged> {
  const added = await world.addServer(host, login === 'password' ? { password } : {});
  // With `basic` it is the proxy that asks the browser for it.
  const server = login === 'sso' ? added : { ...added, password };
  const gateway = login === 'sso' ? await proxies.gateway(server) : undefined;
  if (kind === 'nginx') await proxies.nginx(server, login, gateway);
  else await proxies.caddy(server, login, gateway);
  return { server, gateway };
}

/** Opens the web UI as somebody who is led to the gateway's login page first. */
async function openThroughGateway(browser: BrowserDriver, server: RemoteServer): Promise<Tab> {
  const tab = await browser.newTab(server.url);
  await tab.click(logIn);
  await tab.waitFor({ role: 'button', name: 'Settings' });
  return tab;
}

function credentials(
  { login }: Arrangement,
  gateway: Gateway | undefined,
): { cookie?: string; authorization?: string } {
  if (login === 'sso') return { cookie: gateway?.cookie ?? '' };
  return { authorization: `Basic ${Buffer.from(`opencode:${password}`).toString('base64')}` };
}

interface Sending {
  method?: string;
  headers?: OutgoingHttpHeaders;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent by somebody who is not logged in. */
  anonymous?: boolean;
}

interface Answer {
  response: IncomingMessage;
  /** What an accepted upgrade leads to. */
  socket?: Duplex;
}

type Send = (path: string, sending?: Sending) => Promise<Answer>;

/** Sends requests to a server's URL without a browser, trusting the run's authority. */
function sender(world: World, server: RemoteServer, login: { cookie?: string; authorization?: string }): Send {
  return (path, { method, headers = {}, body, anonymous = false } = {}) =>
    new Promise((resolve, reject) => {
      const cookie = [anonymous ? undefined : login.cookie, headers.cookie].filter(Boolean).join('; ');
      const outgoing = httpsRequest(server.url + path, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        ca: world.authority.cert,
        agent: false,
        headers: {
          ...(anonymous || !login.authorization ? {} : { authorization: login.authorization }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
          ...(cookie ? { cookie } : {}),
        },
      });
      outgoing.on('response', (response) => resolve({ response }));
      outgoing.on('upgrade', (response, socket, head) => {
        socket.unshift(head);
        resolve({ response, socket });
      });
      outgoing.on('error', reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
}

async function answerOf({ response }: Answer): Promise<string> {
  return `${response.statusCode} ${await text(response)}`;
}

/** What comes first of an answer that goes on. */
async function firstChunk({ response }: Answer): Promise<string> {
  for await (const chunk of response) return String(chunk);
  return '';
}

/** Starts a terminal and follows it as the web UI does; answers what it wrote. */
async function terminalOutput(send: Send): Promise<string> {
  const created = await send('/pty', { body: { command: '/bin/sh', args: ['-c', 'echo through the proxy; read _'] } });
  const { id } = JSON.parse(await text(created.response)) as { id: string };
  const { response, socket } = await send(`/pty/${id}/connect`, {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    },
  });
  expect(response.statusCode).toBe(101);
  if (!socket) throw new Error('101 without a socket');
  let output = '';
  // A server's frames are not masked (RFC 6455 §5.1): the text can be read off them.
  for await (const chunk of socket) {
    output += String(chunk);
    if (output.includes('proxy')) break;
  }
  await send(`/pty/${id}`, { method: 'DELETE' });
  return output;
}

/** A sign-in is completed through `/auth/callback` by somebody who is logged in, and by nobody else harmed. */
async function callbackUrlReachesTheListener(world: World, server: RemoteServer, send: Send): Promise<void> {
  world.identityProvider.remembersUser = true;
  const started = await send('/provider/openai/oauth/authorize', { body: { method: 0 } });
  const { url } = JSON.parse(await text(started.response)) as { url: string };
  const outcome = send('/provider/openai/oauth/callback', { body: { method: 0 } });

  const refused = '/auth/callback?error=access_denied&state=of-somebody-else';
  const anonymous = await send(refused, { anonymous: true });
  expect([401, 302]).toContain(anonymous.response.statusCode);
  expect(anonymous.response.headers.location ?? '').not.toContain('callback');
  const fromAnotherPage = await send(refused, { headers: { 'sec-fetch-site': 'cross-site' } });
  expect(fromAnotherPage.response.statusCode).toBe(403);

  const authorized = await sender(world, { ...server, url: '' }, {})(url);
  const { pathname, search } = new URL(authorized.response.headers.location ?? '');
  expect((await send(pathname + search)).response.statusCode).toBe(200);
  expect(await answerOf(await outcome)).toBe('200 true');
  expect(server.opencode.storedCredentials()).toMatchObject({ openai: { type: 'oauth' } });
}
