import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { chatGpt } from '../methods/target';
import type { LoopbackRedirectUri } from '../oauth/loopbackRedirectUri';
import { saveServer } from '../servers/serverStore';
import { ServerUrl } from '../servers/serverUrl';
import { captureResponse } from './captureResponse';
import { learnForDelivery } from './deliverSignIn';
import { advance } from './progress';
import { isArmed } from './signIn';
import { getSignIns } from './signInStore';
import { isTaken, onAuthorizationRequest, openSignIn, startSignIn } from './startSignIn';
import { abandon } from './transitions';

const authorizationUrl =
  'https://auth.openai.com/oauth/authorize?response_type=code&client_id=app&code_challenge=c&code_challenge_method=S256' +
  '&redirect_uri=http%3A%2F%2Flocalhost%3A1455%2Fauth%2Fcallback&state=the-state-of-this-sign-in&originator=opencode';

/** The session rules in force, by id, and the tabs of each. */
const rules = new Map<number, number[] | undefined>();
type Rules = { removeRuleIds?: number[]; addRules?: { id: number; condition: { tabIds?: number[] } }[] };
const updateSessionRules = vi.fn(async ({ removeRuleIds = [], addRules = [] }: Rules) => {
  for (const id of removeRuleIds) rules.delete(id);
  for (const { id, condition } of addRules) rules.set(id, condition.tabIds);
});

beforeEach(() => {
  fakeBrowser.reset();
  // What the fake lacks: the calls are taken, and the rules are tested in real browsers.
  const done = vi.fn(async () => {});
  rules.clear();
  Object.assign(fakeBrowser, {
    declarativeNetRequest: { updateSessionRules },
    action: { setBadgeText: done, setBadgeBackgroundColor: done },
    permissions: { contains: async () => false },
  });
});

it('knows a response that comes before its sign-in was written down: a provider that remembers the user answers at once', async () => {
  await saveServer({ url: ServerUrl.parse('https://opencode.example.com') });

  const watched = onAuthorizationRequest({
    url: authorizationUrl,
    tabId: 7,
    initiator: 'https://opencode.example.com',
  });
  const captured = await captureResponse('?code=the-code&state=the-state-of-this-sign-in', 7);
  await watched;

  expect(captured).toMatchObject({ phase: 'delivering', server: 'https://opencode.example.com' });
});

const one = ServerUrl.parse('https://opencode.example.com');

describe("a plugin's sign-in to ChatGPT, in another program's name", () => {
  const ofPlugin = authorizationUrl.replace('originator=opencode', 'originator=codex_cli_rs');
  const byPage = { tabId: 7, initiator: one };
  const seen = { redirectUri: 'http://localhost:1455/auth/callback' as LoopbackRedirectUri, challenge: 'c' };

  it("leaves the call that tells its outcome to opencode's web UI: a second one would have the code exchanged twice", async () => {
    await saveServer({ url: one });
    await onAuthorizationRequest({ url: authorizationUrl.replace('this-sign-in', 'opencode-itself'), ...byPage });
    await onAuthorizationRequest({ url: ofPlugin, ...byPage });
    const held = (await getSignIns()).filter(isArmed).map(({ armed, heldBy }) => [armed.originator, heldBy]);
    expect(held).toEqual(
      expect.arrayContaining([
        ['opencode', undefined],
        ['codex_cli_rs', 'web-ui'],
      ]),
    );
  });

  it('gets its code pasted when its link, which shows that, is read only after it was seen at the provider', async () => {
    await saveServer({ url: one });
    await onAuthorizationRequest({ url: ofPlugin, ...byPage });
    const manual = { ...chatGpt, method: 1, takes: 'code' as const };
    const request = { ...seen, state: 'the-state-of-this-sign-in' };
    await startSignIn(request, { server: one, target: manual, binding: { kind: 'tabs', tabIds: [] } });
    expect(await getSignIns()).toMatchObject([
      { phase: 'waiting', target: manual, armed: { binding: { tabIds: [7] } } },
    ]);
  });
});

const request = {
  redirectUri: 'http://localhost:3000/callback' as LoopbackRedirectUri,
  state: 'a-state-that-cannot-be-guessed',
};
const target = { kind: 'provider', id: 'p', label: 'P', method: 0 } as const;
const url = 'https://provider.example.com/authorize';

it('has its server asked what a delivery needs only while it waits: a page can start any number', async () => {
  const contains = vi.fn(async () => false);
  Object.assign(fakeBrowser, { permissions: { contains } });
  await startSignIn(request, { server: one, target, binding: { kind: 'state' } });
  const [waiting] = (await getSignIns()).filter(isArmed);
  if (!waiting) throw new Error('none waits');
  await vi.waitFor(() => expect(contains).toHaveBeenCalledOnce());
  await learnForDelivery(waiting);
  expect(contains).toHaveBeenCalledTimes(2);
  await advance(waiting.id, (signIn) => abandon(signIn, 'not-started', Date.now()));
  await learnForDelivery(waiting);
  expect(contains).toHaveBeenCalledTimes(2);
});

describe('a sign-in that a server names', () => {
  it('is that of the server which named its state first: no other gets its response', async () => {
    await startSignIn(request, { server: one, target, binding: { kind: 'state' } });
    const other = ServerUrl.parse('https://team.example.com');
    expect(
      await startSignIn(request, { server: other, target, binding: { kind: 'tabs', tabIds: [9] } }),
    ).toBeUndefined();
    expect((await getSignIns()).map(({ server }) => server)).toEqual([one]);
    expect([...rules.values()]).toEqual([undefined, undefined]);
  });

  it('is that of the server which named its state first, also where another names it with another redirect URI', async () => {
    await startSignIn(request, { server: one, target, binding: { kind: 'state' } });
    const other = ServerUrl.parse('https://team.example.com');
    const elsewhere = { ...request, redirectUri: 'http://localhost:9/x' as LoopbackRedirectUri };
    expect(await startSignIn(elsewhere, { server: other, target, binding: { kind: 'state' } })).toBeUndefined();
    // Nor does the same server get it at another place than it named first.
    expect(await startSignIn(elsewhere, { server: one, target, binding: { kind: 'state' } })).toBeUndefined();
    // A state that may be guessed says nothing of whose it is.
    const guessed = { ...request, state: '1' };
    const inTab = { kind: 'tabs' as const, tabIds: [9] };
    await startSignIn(guessed, { server: one, target: { ...target, id: 'q' }, binding: inTab });
    expect(await startSignIn({ ...elsewhere, state: '1' }, { server: other, target, binding: inTab })).toBeDefined();
    expect((await getSignIns()).map(({ server }) => server).sort()).toEqual([one, one, other]);
  });

  it.each([undefined, 'short'])('with the state %s is never waited for in any tab', async (state) => {
    expect(
      await startSignIn({ ...request, state }, { server: one, target, binding: { kind: 'state' } }),
    ).toBeUndefined();
    expect([...rules.keys()]).toEqual([]);
    expect(await getSignIns()).toEqual([]);
  });

  it.each([undefined, 'short'])('with the state %s has a rule for the opened tab only', async (state) => {
    const open = vi.fn(async () => {
      expect([...rules.values()]).toEqual([]);
      return { id: 9 };
    });
    Object.assign(fakeBrowser.tabs, { create: open });
    await openSignIn({ url, request: { ...request, state } }, { server: one, target });
    expect(open).toHaveBeenCalledOnce();
    expect(new Set([...rules.values()].flat())).toEqual(new Set([9]));
  });

  it.each([undefined, 'short', request.state])(
    'with the state %s leaves nothing when its tab cannot be opened',
    async (state) => {
      Object.assign(fakeBrowser.tabs, { create: vi.fn().mockRejectedValue(new Error('Illegal URL')) });
      expect(await openSignIn({ url, request: { ...request, state } }, { server: one, target })).toBe(false);
      expect([...rules.keys()]).toEqual([]);
      expect((await getSignIns()).filter(isArmed)).toEqual([]);
    },
  );

  it('cannot fill the rules that all servers share', async () => {
    for (let index = 0; index < 100; index += 1) {
      await startSignIn(
        { ...request, state: `a-state-that-cannot-be-guessed-${index}` },
        { server: one, target, binding: { kind: 'state' } },
      );
    }
    expect(rules.size).toBeLessThan(30);
    expect((await getSignIns()).filter(({ phase }) => phase === 'waiting')).toHaveLength(1);
  });
});

describe('the same authorization request once more', () => {
  const initiator = 'https://opencode.example.com';
  const seen = (tabId: number, change: (url: string) => string = (url) => url, by?: string) =>
    onAuthorizationRequest({ url: change(authorizationUrl), tabId, ...(by ? { initiator: by } : {}) });
  const tabsOfRules = () => new Set([...rules.values()].flat());

  beforeEach(async () => {
    Object.assign(fakeBrowser.tabs, { get: async (id: number) => ({ id }) });
    await saveServer({ url: ServerUrl.parse(initiator) });
    await seen(7, undefined, initiator);
  });

  it.each([undefined, 'https://page.example.com'])(
    'is waited for in that tab, too, whoever opened it: %s',
    async (by) => {
      await seen(8, undefined, by);
      expect(tabsOfRules()).toEqual(new Set([7, 8]));
      expect(await captureResponse('?code=the-code&state=the-state-of-this-sign-in', 8)).toMatchObject({
        server: initiator,
      });
    },
  );

  it.each([
    ['challenge', (url: string) => url.replace('code_challenge=c', 'code_challenge=another')],
    ['missing challenge', (url: string) => url.replace('code_challenge=c&', '')],
  ])('with another %s is not the same: its tab is not waited for', async (_, change) => {
    await seen(8, change);
    expect(tabsOfRules()).toEqual(new Set([7]));
    expect(await captureResponse('?code=the-code&state=the-state-of-this-sign-in', 8)).toBeUndefined();
    expect((await getSignIns()).filter(isArmed).map(({ armed }) => armed.isContested)).toEqual([true]);
  });
});

it('a sign-in of which only the link was seen has no rule, until its request is seen in a tab', async () => {
  Object.assign(fakeBrowser.tabs, { get: async (id: number) => ({ id }) });
  const known = { redirectUri: 'http://localhost:1455/auth/callback' as LoopbackRedirectUri, challenge: 'c' };
  const state = 'the-state-of-this-sign-in';
  await startSignIn({ ...known, state }, { server: one, target, binding: { kind: 'tabs', tabIds: [] } });
  expect([...rules.keys()]).toEqual([]);
  await onAuthorizationRequest({ url: authorizationUrl, tabId: 8 });
  expect(new Set([...rules.values()].flat())).toEqual(new Set([8]));
  expect((await getSignIns()).map(({ phase }) => phase)).toEqual(['waiting']);
});

describe("whether somebody else's sign-in may be waiting", () => {
  const listenersAnswer = vi.fn();
  beforeEach(() => {
    listenersAnswer.mockReset();
    Object.assign(fakeBrowser, {
      permissions: { contains: async () => true },
      webRequest: { onErrorOccurred: { addListener: () => {}, removeListener: () => {} } },
    });
    Object.assign(fakeBrowser.tabs, { query: async () => [], get: async (id: number) => ({ id }) });
    // What stands for opencode 1.18.33: its client's words for a port that nobody uses, and for a listener that is there.
    vi.stubGlobal('fetch', async (asked: string, { body }: { body?: string }) => {
      if (asked.endsWith('/global/health')) return Response.json({ healthy: true, version: '1.18.33' });
      const { config } = JSON.parse(body ?? '') as { config: { url: string; enabled?: false } };
      if (config.enabled === false) return Response.json({ 'callback-courier': { status: 'disabled' } });
      const error = config.url === 'http://localhost:9' ? 'Unable to connect' : listenersAnswer(config.url);
      return Response.json({ 'callback-courier': { status: 'failed', error } });
    });
  });

  it.each([
    ['its listener answers', 'Non-200 status code (404)', true],
    ['nobody listens', 'Unable to connect', false],
  ])('is told at the address of its listener: %s', async (_, error, isThere) => {
    listenersAnswer.mockReturnValue(error);
    expect(await isTaken({ server: one, target: chatGpt })).toBe(isThere);
    expect(listenersAnswer.mock.calls).toEqual([[expect.not.stringContaining('/auth/callback')]]);
  });

  it("is asked about DigitalOcean's too, at the address of its own listener", async () => {
    listenersAnswer.mockReturnValue('Non-200 status code (404)');
    const digitalOcean = { kind: 'provider', id: 'digitalocean', label: 'DigitalOcean', method: 0 } as const;
    expect(await isTaken({ server: one, target: digitalOcean })).toBe(true);
    expect(listenersAnswer.mock.calls).toEqual([
      [expect.stringMatching(/^http:\/\/localhost:1456\/(?!auth\/callback)/)],
    ]);
  });

  it('is not asked about another target, nor after an own sign-in that did not complete', async () => {
    listenersAnswer.mockReturnValue('Non-200 status code (404)');
    expect(await isTaken({ server: one, target })).toBe(false);
    await startSignIn(request, { server: one, target: chatGpt, binding: { kind: 'tabs', tabIds: [] } });
    expect(await isTaken({ server: one, target: chatGpt })).toBe(false);
    expect(listenersAnswer).not.toHaveBeenCalled();
    expect(await isTaken({ server: one, target: chatGpt, byAnyone: true })).toBe(true);
  });
});

describe('which server a sign-in started on', () => {
  const [a, b] = ['https://host.example.com/a', 'https://host.example.com/b'];
  const initiator = 'https://host.example.com';

  /** As Chromium reports it: the tab that opened the provider's, and the origin. */
  async function startedIn(page: string): Promise<string[]> {
    const [opener, tab] = [5, 6];
    const get = async (id: number) => (id === opener ? { id, url: page } : { id, url: '', openerTabId: opener });
    Object.assign(fakeBrowser.tabs, { get });
    Object.assign(fakeBrowser, { scripting: { executeScript: async () => [] } });
    await onAuthorizationRequest({ url: authorizationUrl, tabId: tab, initiator });
    return (await getSignIns()).map(({ server }) => server);
  }

  it('is decided by the path of the page, where an origin has several', async () => {
    await saveServer({ url: ServerUrl.parse(a) });
    expect(await startedIn(`${b}/session`)).toEqual([]);
    expect(await startedIn(`${a}x/session`)).toEqual([]);
    expect(await startedIn(`${a}/session`)).toEqual([a]);
  });

  it('is the one whose base path is the longest', async () => {
    await saveServer({ url: ServerUrl.parse(initiator) });
    await saveServer({ url: ServerUrl.parse(a) });
    expect(await startedIn(`${a}/session`)).toEqual([a]);
  });

  it('is not guessed where the page is not known', async () => {
    await saveServer({ url: ServerUrl.parse(a) });
    Object.assign(fakeBrowser.tabs, { get: vi.fn().mockRejectedValue(new Error('No tab with id: 77')) });
    await onAuthorizationRequest({ url: authorizationUrl, tabId: 77, initiator });
    expect(await getSignIns()).toEqual([]);
  });
});
