import { beforeEach, describe, expect, it } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { saveServer } from '../servers/serverStore';
import { ServerUrl } from '../servers/serverUrl';
import {
  findWebUiStart,
  lastDirectory,
  noteMethod,
  noteMore,
  noteOutcomeRequest,
  noteWebUiEnd,
  noteWebUiStart,
  targetOf,
  waitForWebUiEnd,
  webUiStarts,
} from './webUi';

const server = ServerUrl.parse('https://opencode.example.com/team');
const authorize = `${server}/provider/gitlab/oauth/authorize`;
const callback = `${server}/provider/gitlab/oauth/callback`;
const path = '/provider/gitlab/oauth';

/** A request of the web UI's, as Firefox reports it. */
function asked(url: string, more: object = {}) {
  return {
    requestId: '1',
    method: 'POST',
    tabId: 7,
    frameId: 0,
    documentUrl: `${server}/L3Nydi9hcHA/session`,
    url,
    ...more,
  };
}

/** An answer to it. */
function answered(url: string, statusCode: number, headers: Record<string, string> = {}) {
  const all = { 'content-type': 'application/json', ...headers };
  const responseHeaders = Object.entries(all).map(([name, value]) => ({ name, value }));
  return asked(url, { requestId: '2', statusCode, responseHeaders }) as Parameters<typeof noteWebUiEnd>[1] & object;
}

beforeEach(async () => {
  fakeBrowser.reset();
  await saveServer({ url: server });
});

describe("what opencode's web UI is seen to ask", () => {
  it.each([
    ['another site', 'https://elsewhere.example.com/provider/gitlab/oauth/authorize'],
    ['the same site above the server', 'https://opencode.example.com/provider/gitlab/oauth/authorize'],
    ['another path of the server', `${server}/session/provider/gitlab/oauth/authorize`],
    ['what is no sign-in', `${server}/provider/gitlab/oauth`],
  ])('is nothing on %s', async (_, url) => {
    expect(await noteWebUiStart(asked(url))).toBeUndefined();
    expect(await webUiStarts(server)).toEqual([]);
  });

  it('is a sign-in, for the project that the header names', async () => {
    const requestHeaders = [{ name: 'X-OpenCode-Directory', value: '%2Fsrv%2Fapp' }];
    await noteWebUiStart(asked(authorize, { requestHeaders }));
    expect(await webUiStarts(server)).toMatchObject([{ path, directory: '%2Fsrv%2Fapp' }]);
    expect(await lastDirectory(server)).toBe('%2Fsrv%2Fapp');
  });

  it('is a sign-in, for the project that the query names', async () => {
    await noteWebUiStart(asked(`${authorize}?directory=/srv/app`));
    expect(await lastDirectory(server)).toBe('%2Fsrv%2Fapp');
  });

  it('names the method in the body that was seen before, and an unreadable one names none', async () => {
    const bytes = (text: string) => ({ raw: [{ bytes: new TextEncoder().encode(text).buffer }] });
    for (const [text, method] of [
      ['{"method":3,"inputs":{"a":"b"}}', 3],
      ['{"method":"3"}', undefined],
      ['nonsense', undefined],
      [`{"method":3,"x":"${'x'.repeat(70_000)}"}`, undefined],
    ] as const) {
      const requestId = `of ${text.slice(0, 20)} ${text.length}`;
      noteMethod({ requestId, requestBody: bytes(text) } as Parameters<typeof noteMethod>[0]);
      await noteWebUiStart(asked(authorize, { requestId }));
      const [start] = await webUiStarts(server);
      expect(start?.method).toBe(method);
      expect(start && targetOf(start)).toMatchObject({ id: 'gitlab', method: method ?? 0 });
    }
  });

  it('is a sign-in to an MCP server', async () => {
    await noteWebUiStart(asked(`${server}/mcp/demo/auth/authenticate`));
    expect(await webUiStarts(server)).toMatchObject([{ path: '/mcp/demo/auth' }]);
  });

  it('takes the place of an earlier start of the same sign-in, and of no other', async () => {
    await noteWebUiStart(asked(authorize));
    await noteWebUiStart(asked(`${server}/provider/poe/oauth/authorize`));
    await noteOutcomeRequest(asked(callback, { requestId: '2' }));
    await noteWebUiEnd(asked(callback, { requestId: '2' }), answered(callback, 200));
    await noteWebUiStart(asked(authorize));
    expect((await webUiStarts(server)).map((start) => [start.path, start.end])).toEqual([
      [path, undefined],
      ['/provider/poe/oauth', undefined],
    ]);
  });

  it('is known to whoever asks right after it, as when the server answers before it is written down', async () => {
    const [, found] = await Promise.all([noteWebUiStart(asked(authorize)), findWebUiStart(asked(authorize))]);
    expect(found?.start.path).toBe(path);
  });

  it('has a label as soon as the server has said it', async () => {
    await noteWebUiStart(asked(authorize));
    await noteMore(server, path, { label: 'GitLab Duo' });
    expect((await findWebUiStart(asked(authorize)))?.start.label).toBe('GitLab Duo');
  });
});

describe('what counts as the web UI', () => {
  it.each([
    ['another method', { method: 'GET' }],
    ["a page of another server's, in Firefox", { documentUrl: 'https://team.example.com/' }],
    ['a page of the same origin that lies above the server', { documentUrl: 'https://opencode.example.com/other' }],
    ['a page of another origin, in Chromium', { documentUrl: undefined, initiator: 'https://team.example.com' }],
    ['no tab at all', { tabId: -1 }],
  ])('is not %s', async (_, more) => {
    expect(await noteWebUiStart(asked(authorize, more))).toBeUndefined();
  });

  it('is a tab that shows the server, in Chromium, which tells the origin alone', async () => {
    const inChromium = { documentUrl: undefined, initiator: 'https://opencode.example.com' };
    const show = async (url: string) => (await fakeBrowser.tabs.create({ url })).id;
    const [own, others] = [await show(`${server}/session`), await show('https://opencode.example.com/other')];
    expect(await noteWebUiStart(asked(authorize, { ...inChromium, tabId: others }))).toBeUndefined();
    expect(await noteWebUiStart(asked(authorize, { ...inChromium, tabId: own }))).toBeDefined();
  });

  it.each([
    ['a name that is no percent-encoding', `${server}/provider/%E0%A4%A/oauth/authorize`],
    ['a huge name', `${server}/provider/${'a'.repeat(100_000)}/oauth/authorize`],
  ])('asks for no sign-in to %s', async (_, url) => {
    expect(await noteWebUiStart(asked(url))).toBeUndefined();
  });

  it('cannot fill what all servers share: few starts are kept, and no huge directory', async () => {
    for (let index = 0; index < 100; index += 1) {
      const url = `${server}/provider/p${index}/oauth/authorize?directory=/${'d'.repeat(50_000)}`;
      await noteWebUiStart(asked(url));
    }
    expect(await webUiStarts(server)).toHaveLength(8);
    expect(JSON.stringify(await fakeBrowser.storage.session.get()).length).toBeLessThan(2_000);
  });
});

describe('how a sign-in ended', () => {
  beforeEach(async () => {
    await noteWebUiStart(asked(authorize));
    await noteOutcomeRequest(asked(callback, { requestId: '2' }));
  });

  it.each([
    ['success', 200, {}],
    ['success', 200, { 'content-length': '4' }],
    ['refusal', 400, {}],
    ['refusal', 500, {}],
    ['lost', 200, { 'content-type': 'text/html' }],
    ['lost', 200, { 'content-length': '27' }],
    ['lost', 204, {}],
    ['lost', 401, {}],
    ['lost', 403, {}],
    ['lost', 429, {}],
    ['lost', 502, {}],
    ['lost', 524, {}],
  ])('is a %s when the request that the web UI holds is answered %i %j', async (end, status, headers) => {
    const waiting = waitForWebUiEnd(server, path);
    await noteWebUiEnd(
      asked(callback, { requestId: '2' }),
      answered(callback, status, headers as Record<string, string>),
    );
    expect(await waiting).toBe(end);
  });

  it('is told by the request that was the first to ask, and by no other', async () => {
    await noteOutcomeRequest(asked(callback, { requestId: '3' }));
    await noteWebUiEnd(asked(callback, { requestId: '3' }), answered(callback, 200));
    expect((await webUiStarts(server))[0]?.end).toBeUndefined();
    await noteWebUiEnd(asked(callback, { requestId: '2' }), answered(callback, 500));
    expect(await waitForWebUiEnd(server, path)).toBe('refusal');
  });

  it('is not told by the request of an earlier start', async () => {
    await noteWebUiStart(asked(authorize));
    await noteWebUiEnd(asked(callback, { requestId: '2' }), answered(callback, 200));
    expect((await webUiStarts(server))[0]?.end).toBeUndefined();
  });

  it('is asked for by nobody, where another front end does that when its user says so', async () => {
    await noteWebUiStart(asked(authorize));
    expect(await waitForWebUiEnd(server, path)).toBe('unasked');
  });

  it('is waited for where the user has what its dialog asks for', async () => {
    await noteWebUiStart(asked(authorize));
    const waiting = waitForWebUiEnd(server, path, true);
    await noteOutcomeRequest(asked(callback, { requestId: '2' }));
    await noteWebUiEnd(asked(callback, { requestId: '2' }), answered(callback, 200));
    expect(await waiting).toBe('success');
  });

  it('is lost when the request was cut, and when nobody knows of it', async () => {
    await noteWebUiEnd(asked(callback, { requestId: '2' }));
    expect(await waitForWebUiEnd(server, path)).toBe('lost');
    expect(await waitForWebUiEnd(server, '/provider/poe/oauth')).toBe('lost');
  });
});
