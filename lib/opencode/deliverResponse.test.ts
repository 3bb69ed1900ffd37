import { describe, expect, it } from 'vitest';
import type { AuthorizationResponse, CallbackUrl } from '../oauth/authorizationResponse';
import { ServerUrl } from '../servers/server';
import type { ApiAnswer, ApiRequest, Channel } from './channel';
import { type Delivery, deliverResponse, prepareDelivery, recoverOutcome } from './deliverResponse';
import type { ReachedServer } from './identifyServer';
import { chatGpt } from './target';

const callbackUrl = 'http://localhost:1455/auth/callback?code=the-code&state=the-state' as CallbackUrl;
const code: AuthorizationResponse = { kind: 'code', code: 'the-code', state: 'the-state', callbackUrl };
const error: AuthorizationResponse = {
  kind: 'error',
  error: 'access_denied',
  description: 'No',
  state: 's',
  callbackUrl,
};

const json = (status: number, body: unknown): ApiAnswer => ({
  ...{ kind: 'answered', status, contentType: 'application/json', basicChallenge: false },
  text: JSON.stringify(body),
});
const html: ApiAnswer = {
  ...{ kind: 'answered', status: 200, contentType: 'text/html', basicChallenge: false },
  text: '<!doctype html>',
};
const cut: ApiAnswer = { kind: 'failed', reason: 'network' };

/** The answers of opencode 1.18.33, as its API gave them to the same requests. */
const stock: Record<string, ApiAnswer> = {
  'GET /provider/auth': json(200, { openai: [{ type: 'oauth', label: 'ChatGPT Pro/Plus (browser)' }] }),
  'GET /api/pty': json(200, { location: {}, data: [] }),
  'GET /pty': json(200, []),
  'POST /api/pty': json(200, { location: {}, data: { id: 'pty_1', status: 'running' } }),
  'GET /api/pty/pty_1': json(200, { location: {}, data: { id: 'pty_1', status: 'exited', exitCode: 0 } }),
  'DELETE /api/pty/pty_1': json(204, null),
  'POST /pty': json(200, { id: 'pty_1', status: 'running' }),
  'GET /pty/pty_1': json(404, { _tag: 'PtyNotFoundError' }),
  'DELETE /pty/pty_1': json(404, { _tag: 'PtyNotFoundError' }),
  'POST /provider/openai/oauth/callback': json(200, true),
};
const unknownError = json(500, { name: 'UnknownError', data: {} });
const missing = json(400, { name: 'ProviderAuthOauthMissing', data: { providerID: 'openai' } });
const exited = (exitCode: number) => json(200, { data: { id: 'pty_1', status: 'exited', exitCode } });

/** Stands for a stock server, with some answers changed; keeps what was asked. */
function serverWith(changes: Record<string, ApiAnswer>, version = '1.18.33') {
  const requests: ApiRequest[] = [];
  const channel: Channel = {
    kind: 'background',
    async send(request) {
      requests.push(request);
      const name = `${request.method} ${request.path}`;
      return changes[name] ?? stock[name] ?? html;
    },
  };
  const server = { url: ServerUrl('https://opencode.example.com'), version, channel };
  return { server, requests, asked: () => requests.map(({ method, path }) => `${method} ${path}`) };
}

async function prepareAndDeliver(
  server: ReachedServer,
  response: AuthorizationResponse,
  beforeSending: () => Promise<boolean>,
): Promise<Delivery> {
  const preparation = await prepareDelivery(server, { target: chatGpt });
  if ('name' in preparation) return { kind: 'failed', failure: preparation, remains: 'send' };
  return deliverResponse(preparation, response, beforeSending);
}

async function deliver(changes: Record<string, ApiAnswer>, response = code, version?: string) {
  const { server, requests, asked } = serverWith(changes, version);
  let sentBefore: string[] = [];
  const delivery = await prepareAndDeliver(server, response, async () => {
    sentBefore = asked();
    return true;
  });
  return { delivery, requests, asked, sentBefore };
}

describe('delivering a response', () => {
  it('completes when the server says so', async () => {
    expect((await deliver({})).delivery).toEqual({ kind: 'completed' });
  });

  it('sends nothing when it was superseded meanwhile', async () => {
    const { server, asked } = serverWith({});
    const delivery = await prepareAndDeliver(server, code, async () => false);
    expect(delivery).toMatchObject({ failure: { name: 'superseded' }, remains: 'nothing' });
    expect(asked().filter((request) => request.startsWith('POST'))).toEqual([]);
  });

  it('that the listener took is never sent again, even if the server knows of no sign-in', async () => {
    const { delivery } = await deliver({ 'POST /provider/openai/oauth/callback': missing });
    expect(delivery).toEqual({ kind: 'failed', failure: { name: 'nobody-waiting' }, remains: 'nothing' });
  });

  it('asks only harmless questions before it sends', async () => {
    expect((await deliver({})).sentBefore.sort()).toEqual(['GET /api/pty', 'GET /provider/auth', 'GET /pty']);
  });

  it.each([
    ['asks nothing that was learnt of this release before', '1.18.33', '/api/pty', []],
    ['asks again after an update', '1.18.32', '/api/pty', ['GET /api/pty', 'GET /provider/auth', 'GET /pty']],
    ['asks again where no way was found', '1.18.33', undefined, ['GET /api/pty', 'GET /provider/auth', 'GET /pty']],
  ] as const)('%s', async (_, version, terminal, expected) => {
    const { server, asked } = serverWith({});
    const preparation = await prepareDelivery(server, { target: chatGpt, learnt: { version, terminal } });
    expect(preparation).toMatchObject({ route: { kind: 'terminal', api: '/api/pty' } });
    expect(asked().sort()).toEqual(expected);
  });

  it('has the callback URL in the environment alone, and the script as it always is', async () => {
    const { requests } = await deliver({});
    const { body } = requests.find(({ method, path }) => method === 'POST' && path === '/api/pty') ?? {};
    const { env, ...rest } = body as { env: Record<string, string> };
    expect(env.COURIER_CALLBACK_URLS?.split(' ')).toEqual([
      callbackUrl,
      callbackUrl.replace('localhost', '127.0.0.1'),
      callbackUrl.replace('localhost', '[::1]'),
    ]);
    expect(JSON.stringify(rest)).not.toMatch(/the-code|the-state/);
  });

  it('takes the older terminal API where the newer is not served', async () => {
    const { delivery, asked } = await deliver({ 'GET /api/pty': html });
    expect(delivery).toEqual({ kind: 'completed' });
    expect(asked()).toContain('POST /pty');
    expect(asked()).not.toContain('POST /api/pty');
  });

  it.each(['1.1.31', '1.3.2', '0.0.0-dev-202611', 'local'])(
    'never names the newer terminal API to release %s, which may forward it to a third party',
    async (version) => {
      const { delivery, asked } = await deliver({}, code, version);
      expect(delivery).toEqual({ kind: 'completed' });
      expect(asked()).toContain('POST /pty');
      expect(asked().filter((request) => request.includes('/api/pty'))).toEqual([]);
    },
  );

  it.each(['1.14.34', '1.18.3', '2.0.0'])('asks release %s for the newer terminal API', async (version) => {
    expect((await deliver({}, code, version)).asked()).toContain('POST /api/pty');
  });

  it.each([
    ['no terminal API', { 'GET /api/pty': html, 'GET /pty': html }],
    ['no provider API', { 'GET /provider/auth': html }],
    ['another provider only', { 'GET /provider/auth': json(200, { xai: [{ type: 'oauth' }] }) }],
  ])('sends nothing to a server with %s', async (_, changes) => {
    const { delivery, asked } = await deliver(changes);
    expect(delivery).toEqual({ kind: 'failed', failure: { name: 'terminal-unavailable' }, remains: 'send' });
    expect(asked().filter((request) => request.startsWith('POST'))).toEqual([]);
  });

  it.each<[string, Record<string, ApiAnswer>, AuthorizationResponse, object]>([
    [
      'the terminal is refused',
      { 'POST /api/pty': json(403, {}), 'POST /provider/openai/oauth/callback': unknownError },
      code,
      { failure: { name: 'terminal-unavailable' }, remains: 'send' },
    ],
    [
      'nobody listens',
      { 'GET /api/pty/pty_1': exited(40), 'POST /provider/openai/oauth/callback': missing },
      code,
      { failure: { name: 'nobody-waiting' }, remains: 'send' },
    ],
    [
      'the wait on the server is over',
      { 'GET /api/pty/pty_1': exited(40), 'POST /provider/openai/oauth/callback': unknownError },
      code,
      { failure: { name: 'nobody-waiting' }, remains: 'send' },
    ],
    [
      'the exchange is refused',
      { 'POST /provider/openai/oauth/callback': unknownError },
      code,
      { failure: { name: 'refused-at-exchange' }, remains: 'nothing' },
    ],
    [
      'the provider refused',
      { 'POST /provider/openai/oauth/callback': unknownError },
      error,
      { failure: { name: 'refused-by-provider', detail: 'access_denied: No' }, remains: 'nothing' },
    ],
  ])('says it when %s', async (_, changes, response, end) => {
    expect((await deliver(changes, response)).delivery).toEqual({ kind: 'failed', ...end });
  });

  it('never takes silence, HTML or anything but true for success, and does not send again', async () => {
    for (const answer of [cut, html, json(200, false), json(200, { ok: true }), json(504, {})]) {
      const { delivery, asked } = await deliver({ 'POST /provider/openai/oauth/callback': answer });
      expect(delivery).toMatchObject({ kind: 'failed', failure: { name: 'answer-unclear' }, remains: 'ask' });
      expect(asked().filter((request) => request === 'POST /api/pty')).toHaveLength(1);
    }
  }, 20_000);
});

describe('recovering the outcome', () => {
  it('asks without the code, and sends nothing else', async () => {
    const { server, requests } = serverWith({});
    expect(await recoverOutcome(server, { target: chatGpt }, code)).toEqual({ kind: 'completed' });
    expect(requests.filter(({ method }) => method !== 'GET')).toEqual([
      expect.objectContaining({ path: '/provider/openai/oauth/callback', body: { method: 0 } }),
    ]);
  });

  it('deletes the terminal that an interrupted relay left, and no other', async () => {
    const left = { id: 'pty_left', title: 'Callback Courier', status: 'exited' };
    const others = [
      { ...left, id: 'pty_running', status: 'running' },
      { ...left, id: 'pty_users', title: 'Terminal' },
    ];
    const { server, asked } = serverWith({ 'GET /api/pty': json(200, { data: [left, ...others] }) });
    await recoverOutcome(server, { target: chatGpt }, code);
    expect(asked().filter((request) => request.startsWith('DELETE'))).toEqual(['DELETE /api/pty/pty_left']);
  });

  it('never names the newer terminal API to a release that may forward it to a third party', async () => {
    const { server, asked } = serverWith({}, '1.3.2');
    await recoverOutcome(server, { target: chatGpt }, code);
    expect(asked()).toEqual(['POST /provider/openai/oauth/callback']);
  });

  it('is over when the server knows of no sign-in any more', async () => {
    const { server } = serverWith({ 'POST /provider/openai/oauth/callback': missing });
    expect(await recoverOutcome(server, { target: chatGpt }, code)).toMatchObject({ remains: 'nothing' });
  });
});
