/** What passes the proxies of `docs/deploy`. No browser takes part, so one project is enough; Chromium's runs it. */
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect } from '../fixtures.ts';
import type { Gateway } from '../world/real-proxy.ts';
import type { RemoteServer, World } from '../world/world.ts';
import { type Arrangement, arrange, arrangements, names, password, test } from './arrangements.ts';

for (const arrangement of arrangements) {
  const name = `${arrangement.proxy} and ${names[arrangement.login]}`;

  test(`streams, terminals, large requests and the callback URL pass ${name}`, async ({ world, proxies }) => {
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
    for (const secret of [...world.providers.chatgpt.secrets(), ...world.providers.chatgpt.states]) {
      expect(seen).not.toContain(secret);
    }
  });
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
  world.providers.chatgpt.remembersUser = true;
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
