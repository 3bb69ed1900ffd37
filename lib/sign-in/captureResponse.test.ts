import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import type { LoopbackRedirectUri } from '../oauth/loopbackRedirectUri';
import { saveServer } from '../servers/serverStore';
import { ServerUrl } from '../servers/serverUrl';
import { captureResponse, onCallbackNavigation, onFailedNavigation } from './captureResponse';
import { deliverSignIn } from './deliverSignIn';
import { isArmed } from './signIn';
import { changeSignIns, getSignIns } from './signInStore';
import { startSignIn } from './startSignIn';
import { beginDelivery, contest, noteSent } from './transitions';

/** Ends the wait for our page. */
let endWait = () => {};
let wait = Promise.resolve();
vi.mock('../browser/pause', () => ({ pause: () => wait }));

const server = ServerUrl.parse('https://opencode.example.com');
const redirectUri = 'http://localhost:1455/auth/callback' as LoopbackRedirectUri;
const state = 'a-state-that-cannot-be-guessed';
const parameters = `?code=the-code&state=${state}`;
const navigation = { url: redirectUri + parameters, tabId: 7 };
const target = { kind: 'provider', id: 'openai', label: 'ChatGPT', method: 0 } as const;

/** What stands for opencode 1.18.33, with its listener waiting; and what it was asked. */
let asked: string[] = [];
let isUp = true;
let mayAnswer = Promise.resolve();
async function opencode(url: string, { method = 'GET', body }: { method?: string; body?: string | null }) {
  const path = url.slice(server.length);
  asked.push(`${method} ${path} ${body ?? ''}`);
  await mayAnswer;
  if (!isUp) return new Response('', { status: 502 });
  const json = (value: unknown) => Response.json(value);
  if (path === '/global/health') return json({ healthy: true, version: '1.18.33' });
  if (path === '/provider/auth') return json({ openai: [{ type: 'oauth' }] });
  if (path === '/provider') return json({ connected: [] });
  if (path === '/provider/openai/oauth/callback') return json(true);
  if (path !== '/mcp') return new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } });
  if (method === 'GET') return json({ 'callback-courier': { status: 'disabled' } });
  const { config } = JSON.parse(body ?? '') as { config: { url: string; enabled?: boolean } };
  if (config.enabled === false) return json({ 'callback-courier': { status: 'disabled' } });
  const error = config.url === 'http://localhost:9' ? 'Unable to connect' : 'Non-200 status code (404)';
  return json({ 'callback-courier': { status: 'failed', error } });
}
const deliveries = () => asked.filter((request) => /^POST \/mcp .*[?&]code=/.test(request));

beforeEach(async () => {
  fakeBrowser.reset();
  isUp = true;
  wait = new Promise((resolve) => {
    endWait = resolve;
  });
  vi.stubGlobal('fetch', opencode);
  // What the fake lacks.
  const done = async () => {};
  Object.assign(fakeBrowser, {
    declarativeNetRequest: { updateSessionRules: done },
    action: { setBadgeText: done, setBadgeBackgroundColor: done },
    permissions: { contains: async () => true },
    webRequest: { onErrorOccurred: { addListener: () => {}, removeListener: () => {} } },
  });
  Object.assign(fakeBrowser.tabs, { query: async () => [], get: async (id: number) => ({ id }), update: done });
  Object.assign(fakeBrowser.runtime, { getURL: (path: string) => `chrome-extension://test${path}` });
  await saveServer({ url: server });
  await startSignIn({ redirectUri, state }, { server, target, binding: { kind: 'tabs', tabIds: [navigation.tabId] } });
  await vi.waitFor(async () => expect(await getSignIns()).toMatchObject([{ armed: { learnt: { loopback: 'open' } } }]));
  asked = [];
});

const stands = async () => (await getSignIns()).map(({ phase }) => phase);
/** The navigation, until its response is where it belongs and the wait for our page has ended. */
async function navigate(): Promise<void> {
  const heard = onCallbackNavigation(navigation);
  endWait();
  await heard;
}

describe('a navigation to the callback', () => {
  it('is enough: its response is sent before there is a page, and the page that comes shows the end', async () => {
    const heard = onCallbackNavigation(navigation);
    await vi.waitFor(async () => expect(await stands()).toEqual(['completed']));
    expect(deliveries()).toHaveLength(1);

    const shown = await captureResponse(parameters, navigation.tabId);
    expect(shown).toMatchObject({ phase: 'completed', isDiverted: false });
    endWait();
    await heard;
    expect(await getSignIns()).toMatchObject([{ arrival: { tabId: navigation.tabId } }]);
    expect(await captureResponse(parameters, navigation.tabId)).toMatchObject({ isDiverted: false });
    expect(deliveries()).toHaveLength(1);
  });

  it.each([
    ['with another state', { url: navigation.url.replace(state, 'another-state-that-is-not-known') }],
    ['with the beginning of the state', { url: navigation.url.slice(0, -1) }],
    ['with the state twice', { url: `${navigation.url}&state=${state}` }],
    ['without a state', { url: `${redirectUri}?code=the-code` }],
    ['with two codes', { url: `${navigation.url}&code=another` }],
    ['with its response in the fragment', { url: navigation.url.replace('?', '#') }],
    ['in another tab', { tabId: 8 }],
    ['in no tab', { tabId: -1 }],
    ['at another port', { url: navigation.url.replace('1455', '1456') }],
    ['at another path', { url: navigation.url.replace('callback', 'callback/') }],
    ['at another host', { url: navigation.url.replace('localhost', '127.0.0.1') }],
    ['at a name below localhost', { url: navigation.url.replace('localhost', 'evil.localhost') }],
  ])('%s sends nothing, and the sign-in goes on waiting', async (_, change) => {
    await onCallbackNavigation({ ...navigation, ...change });
    expect(await stands()).toEqual(['waiting']);
    expect(deliveries()).toEqual([]);
    await navigate();
    expect(await stands()).toEqual(['completed']);
  });

  it('after the deadline sends nothing, and is told apart', async () => {
    await changeSignIns((all) => all.map((signIn) => ({ ...signIn, deadline: Date.now() - 1 })));
    await navigate();
    expect(await getSignIns()).toMatchObject([{ phase: 'failed', failure: { name: 'expired' } }]);
    expect(deliveries()).toEqual([]);
  });

  it('and its page, and that page once more, send it once in whatever order they come', async () => {
    const page = () => captureResponse(parameters, navigation.tabId).then((found) => deliverSignIn(found?.id ?? ''));
    endWait();
    const [first, , second] = await Promise.all([page(), onCallbackNavigation(navigation), page()]);
    expect([first, second]).toMatchObject([{ phase: 'completed' }, { phase: 'completed' }]);
    await onCallbackNavigation(navigation);
    expect(await page()).toMatchObject({ phase: 'completed' });
    expect(deliveries()).toHaveLength(1);
  });

  it('whose page asks while it is being sent is not tried a second time when that fails', async () => {
    isUp = false;
    const answering = Promise.withResolvers<void>();
    mayAnswer = answering.promise;
    const heard = onCallbackNavigation(navigation);
    await vi.waitFor(async () => expect(await stands()).toEqual(['delivering']));
    const found = await captureResponse(parameters, navigation.tabId);
    const end = deliverSignIn(found?.id ?? '');
    answering.resolve();
    expect(await end).toMatchObject({ failure: { name: 'server-unreachable' }, canRetry: true });
    expect(asked).toEqual(['GET /mcp ', 'GET /global/health ']);
    // Nor when the navigation is heard of once more.
    await onCallbackNavigation(navigation);
    expect(await captureResponse(parameters, navigation.tabId)).toMatchObject({ canRetry: true });
    expect(asked).toEqual(['GET /mcp ', 'GET /global/health ']);
    endWait();
    await heard;

    isUp = true;
    expect(await deliverSignIn(found?.id ?? '')).toMatchObject({ phase: 'completed' });
    expect(deliveries()).toHaveLength(1);
  });

  it('that a background before this one has sent on is asked for by the page, and not sent again', async () => {
    await changeSignIns((all) =>
      all.map((signIn) => {
        const captured = { ...signIn, phase: 'captured', callbackUrl: navigation.url } as never;
        return noteSent(beginDelivery(captured, Date.now()));
      }),
    );
    const found = await captureResponse(parameters, navigation.tabId);
    expect(found).toMatchObject({ phase: 'delivering', sent: true });
    expect(await deliverSignIn(found?.id ?? '')).toMatchObject({ phase: 'completed' });
    expect(deliveries()).toEqual([]);
  });

  it('that failed because its rule came too late leads to the sign-in that is under way', async () => {
    const update = vi.spyOn(fakeBrowser.tabs, 'update');
    const heard = onCallbackNavigation(navigation);
    await onFailedNavigation({ ...navigation, error: 'net::ERR_CONNECTION_REFUSED' });
    endWait();
    await heard;
    const [signIn] = await getSignIns();
    expect(update).toHaveBeenCalledWith(7, { url: `chrome-extension://test/callback.html#${signIn?.id}` });
    expect(deliveries()).toHaveLength(1);
    expect(signIn).not.toHaveProperty('arrival.divertedAt');
  });

  it('once it has ended, is shown in its own tab alone', async () => {
    await navigate();
    expect(await captureResponse(parameters, 8)).toBeUndefined();
    expect(await captureResponse(parameters.replace('the-code', 'another'), navigation.tabId)).toBeUndefined();
  });
});

describe('a navigation in another tab that failed because nobody listened', () => {
  const page = 'https://auth.openai.com/log-in';
  const failed = { ...navigation, tabId: 8, error: 'net::ERR_CONNECTION_REFUSED', originUrl: page };
  const fail = async (change: Partial<typeof failed>) => {
    const heard = onFailedNavigation({ ...failed, ...change });
    endWait();
    await heard;
  };

  it("is enough when the provider's page has led there", async () => {
    await fail({});
    await vi.waitFor(async () => expect(await stands()).toEqual(['completed']));
    expect(deliveries()).toHaveLength(1);
  });

  it.each([
    ["another site's page has led there", { originUrl: 'https://page.example.com/' }],
    ['a page that the browser does not name has led there', { originUrl: '' }],
    ['somebody listened', { error: 'net::ERR_CONNECTION_RESET' }],
    ['it has the beginning of the state', { url: navigation.url.slice(0, -1) }],
    ['it has the state twice', { url: `${navigation.url}&state=${state}` }],
    ['it was led to another port', { url: navigation.url.replace('1455', '1456') }],
  ])('sends nothing when %s, and the sign-in goes on waiting', async (_, change) => {
    await fail(change);
    expect(await stands()).toEqual(['waiting']);
    expect(deliveries()).toEqual([]);
  });

  it('sends nothing once somebody else was seen to know the state', async () => {
    await changeSignIns((all) => all.map((signIn) => (isArmed(signIn) ? contest(signIn) : signIn)));
    await fail({});
    expect(await stands()).toEqual(['waiting']);
    expect(deliveries()).toEqual([]);
    await navigate();
    expect(await stands()).toEqual(['completed']);
  });
});

describe('a response that another extension has led elsewhere', () => {
  it('is sent where it belongs, and what was seen is told', async () => {
    await navigate();
    expect(await getSignIns()).toMatchObject([{ phase: 'completed', arrival: { divertedAt: expect.any(Number) } }]);
    expect(deliveries()).toHaveLength(1);
  });

  it('is no such when our page was only late', async () => {
    await navigate();
    await captureResponse(parameters, navigation.tabId);
    expect((await getSignIns())[0]).not.toHaveProperty('arrival.divertedAt', expect.any(Number));
  });

  it('is no such when the user has closed the tab', async () => {
    Object.assign(fakeBrowser.tabs, { get: vi.fn().mockRejectedValue(new Error('No tab with id: 7')) });
    await navigate();
    expect((await getSignIns())[0]).not.toHaveProperty('arrival.divertedAt');
  });
});
