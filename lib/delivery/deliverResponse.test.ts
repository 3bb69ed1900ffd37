import { afterEach, describe, expect, it, vi } from 'vitest';
import { chatGpt } from '../methods/target';
import type { AuthorizationResponse, CallbackUrl } from '../oauth/authorizationResponse';
import type { LoopbackRedirectUri } from '../oauth/loopbackRedirectUri';
import type { ApiAnswer, ApiRequest, Channel } from '../opencode/channel';
import type { Session } from '../opencode/session';
import { ServerUrl } from '../servers/serverUrl';
import { webUiStarts } from '../storage';
import { deliverResponse, recoverOutcome } from './deliverResponse';
import { recogniserOf } from './loopbackRoute';
import type { Learnt, Origin } from './origin';
import type { Delivery } from './route';

const callbackUrl = 'http://localhost:1455/auth/callback?code=the-code&state=the-state' as CallbackUrl;
const redirectUri = 'http://localhost:1455/auth/callback' as LoopbackRedirectUri;
const origin: Omit<Origin, 'session'> = { target: chatGpt, redirectUri };
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
const catalogue = (...connected: string[]) => json(200, { all: [], connected });

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
  'GET /provider': catalogue(),
};
/** What its MCP client says of a URL: to nobody, to a path that a listener does not know, and to one that took a response. */
const refused = 'SSE error: Unable to connect. Is the computer able to access the url?';
const unknownPath = 'SSE error: Non-200 status code (404)';
const taken = 'SSE error: Invalid content type, expected "text/event-stream"';
const failedEntry = (error: string) => json(200, { 'callback-courier': { status: 'failed', error } });

/** Where a request of the MCP client's is to go; undefined for any other request. */
function mcpUrlOf({ method, path, body }: ApiRequest): string | undefined {
  if (method !== 'POST' || path !== '/mcp') return undefined;
  const { config } = body as { config: { url: string; enabled?: boolean } };
  return config.enabled === false ? undefined : config.url;
}

/** As the MCP client of 1.18.33 answers, with ChatGPT's listener waiting. */
const openLoopback = (url: string) => {
  if (url === 'http://localhost:9') return failedEntry(refused);
  return failedEntry(url.startsWith(redirectUri) ? taken : unknownPath);
};
const unknownError = json(500, { name: 'UnknownError', data: {} });
const missing = json(400, { name: 'ProviderAuthOauthMissing', data: { providerID: 'openai' } });
const exited = (exitCode: number) => json(200, { data: { id: 'pty_1', status: 'exited', exitCode } });

/** Stands for a stock server, with some answers changed; keeps what was asked. Its MCP API is another's, unless given. */
function serverWith(changes: Record<string, ApiAnswer>, version = '1.18.33', loopback?: (url: string) => ApiAnswer) {
  const requests: ApiRequest[] = [];
  const channel: Channel = {
    kind: 'background',
    async send(request) {
      requests.push(request);
      const mcpUrl = mcpUrlOf(request);
      if (mcpUrl && loopback) return loopback(mcpUrl);
      const name = `${request.method} ${request.path}`;
      return changes[name] ?? stock[name] ?? html;
    },
  };
  const server = { url: ServerUrl.parse('https://opencode.example.com'), version, channel };
  return { server, requests, asked: () => requests.map(({ method, path }) => `${method} ${path}`) };
}

function deliverTo(
  server: Session,
  response: AuthorizationResponse,
  beforeSending: (learnt: Learnt | undefined) => Promise<boolean>,
  learnt?: Learnt,
): Promise<Delivery> {
  return deliverResponse({ ...origin, session: server, learnt }, response, undefined, beforeSending);
}

async function deliver(changes: Record<string, ApiAnswer>, response = code, version?: string) {
  const { server, requests, asked } = serverWith(changes, version);
  let sentBefore: string[] = [];
  const delivery = await deliverTo(server, response, async () => {
    sentBefore = asked();
    return true;
  });
  return { delivery, requests, asked, sentBefore };
}

/** What a server is asked before anything is sent that is worth anything. */
const harmless = [
  ...['GET /api/integration/openai', 'GET /api/pty', 'GET /provider', 'GET /provider/auth', 'GET /pty'],
  'POST /mcp',
];

describe('delivering a response', () => {
  it('completes when the server says so', async () => {
    expect((await deliver({})).delivery).toEqual({ kind: 'completed' });
  });

  it('sends nothing when it was superseded meanwhile', async () => {
    const { server, asked } = serverWith({});
    const delivery = await deliverTo(server, code, async () => false);
    expect(delivery).toMatchObject({ failure: { name: 'superseded' }, remains: 'nothing' });
    expect(asked().filter((request) => request.startsWith('POST') && request !== 'POST /mcp')).toEqual([]);
  });

  it('that the listener took is never sent again, even if the server knows of no sign-in', async () => {
    const { delivery } = await deliver({ 'POST /provider/openai/oauth/callback': missing });
    expect(delivery).toEqual({ kind: 'failed', failure: { name: 'answer-unclear' }, remains: 'ask' });
  }, 20_000);

  it('asks only harmless questions before it sends', async () => {
    const { sentBefore, requests } = await deliver({});
    expect(sentBefore.sort()).toEqual(harmless);
    expect(JSON.stringify(requests.slice(0, sentBefore.length))).not.toMatch(/the-code|the-state/);
  });

  it.each([
    ['asks nothing that was learnt of this release before', '1.18.33', '/api/pty', []],
    ['asks again after an update', '1.18.32', '/api/pty', harmless],
    ['asks again where no way was found', '1.18.33', undefined, harmless],
  ] as const)('%s', async (_, version, terminal, expected) => {
    const { server, asked } = serverWith({});
    const learnt: Learnt = { version, terminal, loopback: 'closed' };
    const beforeSending = vi.fn(async () => false);
    await deliverTo(server, code, beforeSending, learnt);
    expect(beforeSending).toHaveBeenCalledWith(expect.objectContaining({ terminal: '/api/pty' }), 'terminal');
    expect(asked().sort()).toEqual(expected);
  });

  it('has the callback URL in the environment alone, and the script as it always is', async () => {
    const { requests } = await deliver({});
    const { body } = requests.find(({ method, path }) => method === 'POST' && path === '/api/pty') ?? {};
    const { env, ...rest } = body as { env: Record<string, string> };
    expect(env.COURIER_URLS?.split(' ')).toEqual([
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
    'never names a newer API to release %s, which may forward it to a third party',
    async (version) => {
      const { delivery, asked } = await deliver({}, code, version);
      expect(delivery).toEqual({ kind: 'completed' });
      expect(asked()).toContain('POST /pty');
      expect(asked().filter((request) => request.includes('/api/'))).toEqual([]);
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
    expect(asked().filter((request) => request.startsWith('POST') && request !== 'POST /mcp')).toEqual([]);
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

  it.each([
    ...[
      cut,
      html,
      { ...html, text: 'true' },
      json(200, false),
      json(200, { ok: true }),
      json(200, 'true'),
      json(201, true),
    ],
    ...[json(204, true), json(401, {}), json(403, { name: 'Forbidden', data: {} }), json(429, {}), json(500, {})],
    ...[json(504, {}), json(524, { name: 'UnknownError', data: {} })],
  ])('never takes %j for a success or a refusal, and does not send again', async (answer) => {
    vi.useFakeTimers();
    const delivering = deliver({ 'POST /provider/openai/oauth/callback': answer });
    await vi.runAllTimersAsync();
    vi.useRealTimers();
    const { delivery, requests, asked } = await delivering;
    expect(delivery).toMatchObject({ kind: 'failed', failure: { name: 'answer-unclear' }, remains: 'ask' });
    expect(asked().filter((request) => request === 'POST /api/pty')).toHaveLength(1);
    const questions = requests.filter(({ path }) => path === '/provider/openai/oauth/callback');
    expect(questions.map(({ body }) => JSON.stringify(body).includes('the-code'))).toEqual([true, false, false]);
  });

  describe('while its process runs', () => {
    const path = 'GET /api/pty/pty_1';
    const deleted = 'DELETE /api/pty/pty_1';
    /** A delivery whose process has been looked at for a second. */
    async function begin(answer: ApiAnswer) {
      vi.useFakeTimers();
      const changes: Record<string, ApiAnswer> = {
        'POST /provider/openai/oauth/callback': unknownError,
        [path]: answer,
      };
      const { server, asked } = serverWith(changes);
      const delivering = deliverTo(server, code, async () => true);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(asked()).toContain(path);
      return { changes, asked, delivering };
    }
    afterEach(() => void vi.useRealTimers());

    it('leaves it alone, also when the clock is set six minutes on', async () => {
      const { changes, asked, delivering } = await begin(json(200, { data: { id: 'pty_1', status: 'running' } }));
      vi.setSystemTime(Date.now() + 6 * 60_000);
      await vi.advanceTimersByTimeAsync(20_000);
      expect(asked()).not.toContain(deleted);
      changes[path] = exited(0);
      await vi.runAllTimersAsync();
      expect(asked()).toContain(deleted);
      expect((await delivering).kind).toBe('failed');
    });
  });

  it('takes a login that is there now and was not before for a success, whatever is said of it', async () => {
    for (const answer of [missing, html, unknownError]) {
      const changes: Record<string, ApiAnswer> = { 'POST /provider/openai/oauth/callback': answer };
      const delivery = await deliverTo(serverWith(changes).server, code, async () => {
        changes['GET /provider'] = catalogue('openai');
        return true;
      });
      expect(delivery).toEqual({ kind: 'completed' });
    }
  }, 20_000);

  it('does not take a login from before for one', async () => {
    vi.useFakeTimers();
    const delivering = deliver({ 'POST /provider/openai/oauth/callback': html, 'GET /provider': catalogue('openai') });
    await vi.runAllTimersAsync();
    vi.useRealTimers();
    expect((await delivering).delivery).toMatchObject({ failure: { name: 'answer-unclear' } });
  });
});

describe('a method whose code is pasted', () => {
  const endpoint = 'POST /provider/google/oauth/callback';
  const google = { kind: 'provider', id: 'google', label: 'Google', method: 2 } as const;
  const listed = { 'GET /provider/auth': json(200, { google: [{ type: 'oauth' }] }) };

  async function deliverPasted(changes: Record<string, ApiAnswer>, takes: 'code' | 'url' = 'code', heldBy?: 'web-ui') {
    const { server, requests, asked } = serverWith({ ...listed, ...changes });
    const target = { ...google, takes };
    const at = { ...origin, target, heldBy, session: server };
    const delivery = await deliverResponse(at, code, undefined, async () => true);
    return {
      delivery,
      asked,
      bodies: requests.filter(({ path }) => path.endsWith('/callback')).map(({ body }) => body),
    };
  }

  it.each([
    ['code', 'the-code'],
    ['url', callbackUrl],
  ] as const)('is given its %s, and the number of the method, once', async (takes, text) => {
    const { delivery, bodies } = await deliverPasted({ [endpoint]: json(200, true) }, takes);
    expect(delivery).toEqual({ kind: 'completed' });
    expect(bodies).toEqual([{ method: 2, code: text }]);
  });

  it('is given it although the web UI has started it, and by no other way', async () => {
    const { delivery, asked } = await deliverPasted({ [endpoint]: json(200, true) }, 'code', 'web-ui');
    expect(delivery).toEqual({ kind: 'completed' });
    expect(asked().filter((one) => one.startsWith('POST'))).toEqual([endpoint]);
  });

  it('is not given it where the server lists no such sign-in', async () => {
    const { delivery, bodies } = await deliverPasted({ 'GET /provider/auth': html });
    expect(delivery).toMatchObject({ failure: { name: 'terminal-unavailable' }, remains: 'send' });
    expect(bodies).toEqual([]);
  });

  it('may have wanted the other when it refuses: nothing is sent again, and what there is stays', async () => {
    const failed = json(400, { name: 'ProviderAuthOauthCallbackFailed', data: {} });
    const { delivery, bodies } = await deliverPasted({ [endpoint]: failed });
    expect(delivery).toMatchObject({ failure: { name: 'refused-at-exchange' }, remains: 'ask' });
    expect(bodies).toHaveLength(1);
  });

  it('is over when opencode waits for none', async () => {
    const { delivery } = await deliverPasted({ [endpoint]: missing });
    expect(delivery).toMatchObject({ failure: { name: 'nobody-waiting' }, remains: 'nothing' });
  });

  it.each([
    ['cut off', cut],
    ['answered by a gateway', html],
  ])('is unclear when it is %s, and not sent again', async (_, answer) => {
    vi.useFakeTimers();
    const delivered = deliverPasted({ [endpoint]: answer });
    await vi.runAllTimersAsync();
    const { delivery, bodies } = await delivered;
    vi.useRealTimers();
    expect(delivery).toMatchObject({ failure: { name: 'answer-unclear' }, remains: 'ask' });
    expect(bodies).toHaveLength(1);
  });
});

describe('the loopback route', () => {
  async function take(loopback: (url: string) => ApiAnswer, changes: Record<string, ApiAnswer> = {}, version?: string) {
    const { server, requests, asked } = serverWith(changes, version, loopback);
    const delivery = await deliverTo(server, code, async () => true);
    const codeSentTo = requests
      .filter(({ body }) => JSON.stringify(body ?? '').includes('the-code'))
      .map(({ method, path }) => `${method} ${path}`)
      .filter((request) => request !== 'POST /provider/openai/oauth/callback');
    return { delivery, codeSentTo, requests, asked };
  }

  it('is taken where the server can request its own loopback, and starts no process', async () => {
    const { delivery, codeSentTo, asked } = await take(openLoopback);
    expect(delivery).toEqual({ kind: 'completed' });
    expect(codeSentTo).toEqual(['POST /mcp']);
    expect(asked().filter((request) => /^POST .*pty/.test(request))).toEqual([]);
  });

  it('leaves an entry that is disabled and leads nowhere', async () => {
    const { requests } = await take(openLoopback);
    await vi.waitFor(() => {
      const last = requests.filter(({ path }) => path === '/mcp').at(-1);
      expect(last?.body).toMatchObject({ config: { enabled: false, url: 'http://127.0.0.1:9/' } });
    });
  });

  it('is tried at the host of the redirect URI, by requests that carry nothing', async () => {
    const { requests } = await take(openLoopback);
    const urls = requests.flatMap((request) => mcpUrlOf(request) ?? []);
    expect(urls.slice(0, 2)).toEqual(['http://localhost:9', 'http://localhost:1455/callback-courier/is-anybody-there']);
    expect(urls.filter((url) => url.includes('the-code'))).toEqual([callbackUrl]);
  });

  it.each<[string, (url: string) => ApiAnswer, string?]>([
    [
      'goes through a proxy',
      (url) => (url.endsWith(':9') ? failedEntry('SSE error: Non-200 status code (502)') : openLoopback(url)),
    ],
    [
      'goes to a proxy that is silent',
      (url) => (url.endsWith(':9') ? failedEntry('Operation timed out') : openLoopback(url)),
    ],
    [
      'is said to have worked',
      (url) => (url.endsWith(':9') ? json(200, { 'callback-courier': { status: 'connected' } }) : openLoopback(url)),
    ],
    ['is not served', () => html],
    ['is forbidden', () => json(403, {})],
    ['is broken', () => json(500, { name: 'UnknownError', data: {} })],
    ['would be repeated by this release', openLoopback, '1.3.2'],
    ['would be logged by this release', openLoopback, '1.15.13'],
    ['is that of a release without a number', openLoopback, 'local'],
    [
      'finds nobody where a listener should be',
      (url) => (url === 'http://localhost:9' ? openLoopback(url) : failedEntry(refused)),
    ],
  ])('is left for the terminal where it %s', async (_, loopback, version) => {
    const { delivery, codeSentTo } = await take(loopback, {}, version);
    expect(delivery).toEqual({ kind: 'completed' });
    expect(codeSentTo).toEqual([expect.stringMatching(/^POST .*pty$/)]);
  });

  it('says that nobody is waiting where nobody listens and there is no terminal, and has sent nothing', async () => {
    const loopback = () => failedEntry(refused);
    const { delivery, codeSentTo } = await take(loopback, { 'GET /api/pty': html, 'GET /pty': html });
    expect(delivery).toEqual({ kind: 'failed', failure: { name: 'nobody-waiting' }, remains: 'send' });
    expect(codeSentTo).toEqual([]);
  });

  it('is not taken by what was learnt before a server was restarted behind a proxy', async () => {
    const proxied = (url: string) =>
      url.endsWith(':9') ? failedEntry('SSE error: Non-200 status code (502)') : openLoopback(url);
    const { server, requests } = serverWith({}, '1.18.33', proxied);
    const learnt: Learnt = { version: '1.18.33', terminal: '/api/pty', loopback: 'open' };
    expect(await deliverTo(server, code, async () => true, learnt)).toEqual({ kind: 'completed' });
    expect(requests.flatMap((request) => mcpUrlOf(request) ?? []).join()).not.toContain('the-code');
    expect(requests.map(({ path }) => path)).toContain('/api/pty');
  });

  it('is taken by what was learnt of a server that was recognised, and by nothing else', async () => {
    for (const [isRecognised, listener, expected] of [
      [true, 'there', 1],
      [true, 'silent', 1],
      // Somebody may have come meanwhile.
      [true, 'nobody', 3],
      [undefined, 'there', 3],
    ] as const) {
      const { server, requests } = serverWith({}, '1.18.33', openLoopback);
      const learnt: Learnt = { version: '1.18.33', loopback: 'open', listener };
      const session = isRecognised ? { ...server, isRecognised } : server;
      expect(await deliverTo(session, code, async () => true, learnt)).toEqual({ kind: 'completed' });
      const urls = requests.flatMap((request) => mcpUrlOf(request) ?? []);
      expect([urls.length, urls.at(-1)]).toEqual([expected, callbackUrl]);
    }
  });

  it.each([
    ['has the entry that was left there', { status: 'disabled' }, true],
    ['has one that was not disabled', { status: 'failed', error: refused }, true],
    ['has none: it was restarted', undefined, false],
  ])('is taken again where a server %s', async (_, entry, isSame) => {
    const { server, asked } = serverWith({
      'GET /mcp': json(200, { other: { status: 'x' }, 'callback-courier': entry }),
    });
    const recognise = recogniserOf('open');
    expect(await recognise?.(server.channel)).toBe(isSame);
    expect(asked()).toEqual(['GET /mcp']);
  });

  it.each([json(403, {}), json(502, {}), html, cut, json(200, []), json(200, null)])(
    'is not taken again by an answer that says nothing: %j',
    async (answer) => {
      const { server } = serverWith({ 'GET /mcp': answer });
      expect(await recogniserOf('open')?.(server.channel)).toBe(false);
    },
  );

  it.each([undefined, 'closed', 'proxied', 'unsafe'] as const)(
    'recognises no server whose loopback was %s',
    (loopback) => {
      expect(recogniserOf(loopback)).toBe(undefined);
    },
  );

  it('is never given a release that repeats refused requests: not even a harmless one', async () => {
    const { asked } = await take(openLoopback, {}, '1.2.27');
    expect(asked()).not.toContain('POST /mcp');
  });

  it.each([json(403, {}), html, json(404, {})])('that is refused has sent nothing: %j', async (answer) => {
    const loopback = (url: string) => (url.includes('the-code') ? answer : openLoopback(url));
    const { delivery } = await take(loopback, { 'POST /provider/openai/oauth/callback': missing });
    expect(delivery).toMatchObject({ failure: { name: 'terminal-unavailable' }, remains: 'send' });
  });

  it('that was cut off may have sent it: the outcome decides', async () => {
    const loopback = (url: string) => (url.includes('the-code') ? cut : openLoopback(url));
    expect((await take(loopback)).delivery).toEqual({ kind: 'completed' });
  });
});

describe("a sign-in that was started by opencode's second API, of which the callback endpoint knows nothing", () => {
  const integration = 'GET /api/integration/openai';
  const connections = (...types: string[]) => json(200, { data: { connections: types.map((type) => ({ type })) } });
  const notLookedYet = json(200, { data: null });

  /** What the second API has before the response was taken, and after that. */
  async function deliverToIt(before: ApiAnswer, after: ApiAnswer) {
    const changes: Record<string, ApiAnswer> = {
      'POST /provider/openai/oauth/callback': missing,
      [integration]: before,
    };
    const { server } = serverWith(changes, '1.18.33', (url) =>
      url.includes('code=') ? failedEntry(taken) : openLoopback(url),
    );
    vi.useFakeTimers();
    const delivering = deliverTo(server, code, async () => {
      changes[integration] = after;
      return true;
    });
    await vi.runAllTimersAsync();
    vi.useRealTimers();
    return delivering;
  }

  it('is completed where that has a login now, and had none', async () => {
    expect(await deliverToIt(connections('env'), connections('env', 'credential'))).toEqual({ kind: 'completed' });
  });

  it.each([
    ['has none', connections('env'), connections('env')],
    ['had one before', connections('credential'), connections('credential')],
    ['had not looked before', notLookedYet, connections('credential')],
    ['could not be asked before', cut, connections('credential')],
    ['was turned away before', json(429, {}), connections('credential')],
    ['is not served', html, html],
  ])('is not, where that %s', async (_, before, after) => {
    expect(await deliverToIt(before, after)).toMatchObject({ kind: 'failed' });
  });
});

describe('a sign-in that a page of the server has started', () => {
  const endpoint = 'POST /provider/gitlab/oauth/callback';
  const target = { kind: 'provider', id: 'gitlab', label: 'GitLab', method: 0 } as const;
  const learnt: Learnt = { version: '1.18.33', terminal: '/api/pty', isNew: true };

  /** @param start how that page has gone on */
  async function deliverStarted(start: object, deliver: typeof recoverOutcome, more: Record<string, ApiAnswer> = {}) {
    const changes = {
      'GET /provider/auth': json(200, { gitlab: [{ type: 'oauth' }] }),
      [endpoint]: json(200, true),
      'GET /provider': catalogue('gitlab'),
      ...more,
    };
    const { server, asked, requests } = serverWith(changes);
    await webUiStarts.setValue({ [server.url]: [{ path: '/provider/gitlab/oauth', at: 0, ...start }] });
    const delivery = await deliver({ ...origin, target, heldBy: 'web-ui', session: server, learnt }, code);
    const bodies = requests.filter(({ path }) => path.endsWith('/callback')).map(({ body }) => body);
    return { delivery, calls: asked().filter((one) => one === endpoint), bodies };
  }
  const send: typeof recoverOutcome = (at, response) => deliverResponse(at, response, undefined, async () => true);

  it('is asked for its outcome where that page does not ask', async () => {
    expect(await deliverStarted({}, send)).toMatchObject({ delivery: { kind: 'completed' }, calls: [endpoint] });
  });

  it('is asked without the code: which kind of method it is, is not known, nor what a refusal means', async () => {
    const refusal = json(400, { name: 'ProviderAuthOauthCodeMissing', data: {} });
    vi.useFakeTimers();
    const delivering = deliverStarted({}, send, { [endpoint]: refusal, 'GET /provider': catalogue() });
    await vi.runAllTimersAsync();
    vi.useRealTimers();
    const { delivery, bodies } = await delivering;
    expect(delivery).toMatchObject({ failure: { name: 'answer-unclear' }, remains: 'ask' });
    expect(bodies).toEqual([{ method: 0 }]);
  });

  it('has failed where the provider has denied it, and that refusal is meant', async () => {
    const refusal = json(400, { name: 'ProviderAuthOauthCallbackFailed', data: {} });
    const denied: typeof recoverOutcome = (at) => send(at, error);
    const { delivery } = await deliverStarted({}, denied, { [endpoint]: refusal, 'GET /provider': catalogue() });
    expect(delivery).toMatchObject({ failure: { name: 'refused-by-provider' } });
  });

  it('is left to that page where it asks', async () => {
    const held = { outcomeRequest: '2', end: 'success' };
    expect(await deliverStarted(held, send)).toMatchObject({ delivery: { kind: 'completed' }, calls: [] });
  });

  it('is not asked again once it was sent: another may be waiting by now', async () => {
    expect(await deliverStarted({}, recoverOutcome)).toMatchObject({ delivery: { kind: 'completed' }, calls: [] });
  });
});

describe('recovering the outcome', () => {
  it('asks without the code, and sends nothing else', async () => {
    const { server, requests } = serverWith({});
    expect(await recoverOutcome({ ...origin, session: server }, code)).toEqual({ kind: 'completed' });
    expect(requests.filter(({ method }) => method !== 'GET')).toEqual([
      expect.objectContaining({ path: '/provider/openai/oauth/callback', body: { method: 0 } }),
    ]);
  });

  it("replaces what an interrupted delivery has left in the server's MCP client", async () => {
    const learnt: Learnt = { version: '1.18.33', loopback: 'open' };
    const { server, requests } = serverWith({}, '1.18.33', openLoopback);
    await recoverOutcome({ ...origin, session: server, learnt }, code);
    expect(requests.filter(({ path }) => path === '/mcp').at(-1)?.body).toMatchObject({ config: { enabled: false } });
  });

  it('deletes the terminal that an interrupted relay left, and no other', async () => {
    const left = { id: 'pty_left', title: 'Callback Courier', status: 'exited' };
    const others = [
      { ...left, id: 'pty_running', status: 'running' },
      { ...left, id: 'pty_users', title: 'Terminal' },
    ];
    const { server, asked } = serverWith({ 'GET /api/pty': json(200, { data: [left, ...others] }) });
    await recoverOutcome({ ...origin, session: server }, code);
    expect(asked().filter((request) => request.startsWith('DELETE'))).toEqual(['DELETE /api/pty/pty_left']);
  });

  it('never names the newer terminal API to a release that may forward it to a third party', async () => {
    const { server, asked } = serverWith({}, '1.3.2');
    await recoverOutcome({ ...origin, session: server }, code);
    expect(asked()).toEqual(['POST /provider/openai/oauth/callback']);
  });

  it('is over when the server knows of no sign-in, has no login, and nobody listens there', async () => {
    const changes = { 'POST /provider/openai/oauth/callback': missing };
    const learnt: Learnt = { version: '1.18.33', loopback: 'open', isNew: true };
    const { server } = serverWith(changes, '1.18.33', () => failedEntry(refused));
    const end = { failure: { name: 'nobody-waiting' }, remains: 'nothing' };
    expect(await recoverOutcome({ ...origin, session: server, learnt }, code)).toMatchObject(end);
  });

  it('is not over while a listener is there, or when a login was there before', async () => {
    vi.useFakeTimers();
    const changes = { 'POST /provider/openai/oauth/callback': missing };
    const learnt: Learnt = { version: '1.18.33', loopback: 'open', isNew: true };
    const { server: busy } = serverWith(changes, '1.18.33', openLoopback);
    const { server: known } = serverWith(changes, '1.18.33', () => failedEntry(refused));
    const recovering = Promise.all([
      recoverOutcome({ ...origin, session: busy, learnt }, code),
      recoverOutcome({ ...origin, session: known, learnt: { ...learnt, isNew: false } }, code),
    ]);
    await vi.runAllTimersAsync();
    vi.useRealTimers();
    for (const end of await recovering)
      expect(end).toMatchObject({ failure: { name: 'answer-unclear' }, remains: 'ask' });
  });
});
