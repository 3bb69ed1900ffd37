import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import type { LoopbackRedirectUri } from '../oauth/loopbackRedirectUri';
import { saveServer } from '../servers/serverStore';
import { ServerUrl } from '../servers/serverUrl';
import { captureResponse } from './captureResponse';
import { isArmed } from './signIn';
import { getSignIns } from './signInStore';
import { onAuthorizationRequest, openSignIn, startSignIn } from './startSignIn';

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
const request = {
  redirectUri: 'http://localhost:3000/callback' as LoopbackRedirectUri,
  state: 'a-state-that-cannot-be-guessed',
};
const target = { kind: 'provider', id: 'p', label: 'P', method: 0 } as const;
const url = 'https://provider.example.com/authorize';

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

describe('which server a sign-in started on', () => {
  const [a, b] = ['https://host.example.com/a', 'https://host.example.com/b'];
  const initiator = 'https://host.example.com';

  /** As Chromium reports it: the tab that opened the provider's, and the origin. */
  async function startedIn(page: string): Promise<string[]> {
    const [opener, tab] = [5, 6];
    const get = async (id: number) => (id === opener ? { id, url: page } : { id, url: '', openerTabId: opener });
    Object.assign(fakeBrowser.tabs, { get });
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
