import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { chatGpt } from '../methods/target';
import { noteMore, noteWebUiStart } from '../methods/webUi';
import type { LoopbackRedirectUri } from '../oauth/loopbackRedirectUri';
import { saveServer } from '../servers/serverStore';
import { ServerUrl } from '../servers/serverUrl';
import { captureResponse } from './captureResponse';
import { offerSignIn } from './offeredSignIn';
import { getSignIns } from './signInStore';
import { onAuthorizationRequest, startSignIn } from './startSignIn';
import { onAlarm, thenSweep } from './sweep';
import { claimFor, describeUnclaimed, forgetUnclaimed, offerUnclaimed } from './unclaimedResponse';

const server = ServerUrl.parse('https://opencode.example.com');
const other = ServerUrl.parse('https://team.example.com');
const state = 'a-state-that-cannot-be-guessed';
const chatGpts = `http://localhost:1455/auth/callback?code=the-code&state=${state}`;

/** The id by which a response is offered in its tab; undefined when the tab is left alone. */
async function offered(url: string, error = 'net::ERR_CONNECTION_REFUSED'): Promise<string | undefined> {
  const update = vi.fn(async (_tabId: number, _change: { url: string }) => undefined);
  Object.assign(fakeBrowser.tabs, { update });
  await offerUnclaimed({ url, tabId: 7, error });
  return /#unclaimed-(.*)$/.exec(update.mock.lastCall?.[1]?.url ?? '')?.[1];
}

beforeEach(async () => {
  fakeBrowser.reset();
  // What the fake lacks: the calls are taken, and what comes of them is tested in real browsers.
  const done = vi.fn(async () => {});
  Object.assign(fakeBrowser, {
    declarativeNetRequest: { updateSessionRules: done },
    action: { setBadgeText: done, setBadgeBackgroundColor: done },
    permissions: { contains: async () => false },
  });
  await saveServer({ url: server });
  await saveServer({ url: other });
});

describe('a response that nobody waits for', () => {
  it("is offered to every server when it came to ChatGPT's redirect URI", async () => {
    const id = await offered(chatGpts);
    expect(await describeUnclaimed(id ?? '')).toMatchObject({ servers: [server, other], because: undefined });
  });

  it.each([
    ['another port', `http://localhost:3000/callback?code=1&state=${state}`],
    ['another path', `http://localhost:1455/admin?code=1&state=${state}`],
    ['another spelling of the host', chatGpts.replace('localhost', '127.0.0.1')],
    ['no state', 'http://localhost:1455/auth/callback?code=1'],
  ])('is not offered at %s: a page can make up any URL', async (_, url) => {
    expect(await offered(url)).toBeUndefined();
  });

  it('is forgotten when the user leaves it, also when its navigation was reported twice', async () => {
    const [id, again] = [await offered(chatGpts), await offered(chatGpts)];
    expect(again).toBe(id);
    await forgetUnclaimed(id ?? '');
    expect(JSON.stringify(await fakeBrowser.storage.session.get())).not.toContain('the-code');
  });

  it('is not offered when something listened there', async () => {
    expect(await offered(chatGpts, 'net::ERR_CONNECTION_RESET')).toBeUndefined();
  });

  it('is offered at a redirect URI that a sign-in on a server has named, and to that server alone', async () => {
    const poes = 'http://127.0.0.1:49152/callback?code=the-code';
    expect(await offered(poes)).toBeUndefined();
    const path = '/provider/poe/oauth';
    await noteWebUiStart({
      ...{ requestId: '1', method: 'POST', tabId: 5, frameId: 0, documentUrl: `${other}/` },
      url: `${other}${path}/authorize`,
    });
    await noteMore(other, path, { redirectUri: 'http://127.0.0.1:49152/callback' });

    const id = (await offered(poes)) ?? '';
    expect(await describeUnclaimed(id)).toMatchObject({ servers: [other], because: 'start' });
    expect(await claimFor({ id: id, server: server })).toBeUndefined();
    expect(await offered('http://127.0.0.1:49153/callback?code=the-code')).toBeUndefined();
  });

  it('is offered to the server alone whose waiting sign-in has its state, and ends that one there', async () => {
    const request = { redirectUri: 'http://localhost:1455/auth/callback' as LoopbackRedirectUri, state };
    const id = await startSignIn(request, { server: other, target: chatGpt, binding: { kind: 'tabs', tabIds: [5] } });
    const response = (await offered(chatGpts)) ?? '';
    expect(await describeUnclaimed(response)).toMatchObject({ servers: [other], because: 'state' });
    expect(await claimFor({ id: response, server })).toBeUndefined();
    // What could not be given to the one server is there for the other.
    expect(await claimFor({ id: response, server: other })).toBe(id);
    expect(await describeUnclaimed(response)).toBeUndefined();
    expect((await getSignIns()).map(({ phase }) => phase)).toEqual(['captured']);
  });

  it('names the server first on which the last sign-in was started, unless the state of that is known', async () => {
    const path = '/provider/openai/oauth';
    const start = { requestId: '1', method: 'POST', tabId: 5, frameId: 0, documentUrl: `${other}/` };
    await noteWebUiStart({ ...start, url: `${other}${path}/authorize` });
    const id = (await offered(chatGpts)) ?? '';
    expect(await describeUnclaimed(id)).toMatchObject({ servers: [other, server], because: 'start' });

    const request = { redirectUri: 'http://localhost:1455/auth/callback' as LoopbackRedirectUri, state: `${state}-2` };
    await startSignIn(request, { server: other, target: chatGpt, binding: { kind: 'tabs', tabIds: [] } });
    expect(await describeUnclaimed(id)).toMatchObject({ servers: [server, other], because: undefined });
  });

  it('is not offered once it was taken, as when it is opened again from the history', async () => {
    await onAuthorizationRequest({
      url:
        'https://auth.openai.com/oauth/authorize?response_type=code&client_id=app&originator=opencode' +
        `&redirect_uri=http%3A%2F%2Flocalhost%3A1455%2Fauth%2Fcallback&state=${state}`,
      tabId: 7,
      initiator: server,
    });
    expect(await captureResponse(`?code=the-code&state=${state}`, 7)).toMatchObject({ phase: 'delivering' });
    expect(await offered(chatGpts)).toBeUndefined();
    expect(await offered(chatGpts.replace('the-code', 'another-code'))).toBeDefined();
  });

  it('is dropped when its time is over, also when its tab was gone and when nothing else moves', async () => {
    vi.useFakeTimers();
    Object.assign(fakeBrowser.tabs, { update: async () => Promise.reject(new Error('No tab with id: 7')) });
    const offering = thenSweep(offerUnclaimed)({ url: chatGpts, tabId: 7, error: 'net::ERR_CONNECTION_REFUSED' });
    await expect(offering).rejects.toThrow('No tab');
    // Something else is swept up after between its end and its alarm.
    vi.advanceTimersByTime(5 * 60_000 + 500);
    const request = { redirectUri: 'http://localhost:1455/auth/callback' as LoopbackRedirectUri, state: 'another' };
    await thenSweep(offerSignIn)(request, 8, server);
    const alarm = await fakeBrowser.alarms.get('sweep');
    expect(alarm?.scheduledTime).toBeLessThan(Date.now() + 2_000);
    await onAlarm({ name: 'sweep' });
    vi.useRealTimers();
    expect(JSON.stringify(await fakeBrowser.storage.session.get())).not.toContain('the-code');
  });

  it('is offered for five minutes while it waits, and nothing of that is kept longer', async () => {
    vi.useFakeTimers();
    await thenSweep(offerSignIn)(
      { redirectUri: 'http://localhost:1455/auth/callback' as LoopbackRedirectUri, state },
      7,
      server,
    );
    expect(JSON.stringify(await fakeBrowser.storage.session.get())).toContain(state);
    vi.setSystemTime((await fakeBrowser.alarms.get('sweep'))?.scheduledTime ?? 0);
    await onAlarm({ name: 'sweep' });
    vi.useRealTimers();
    expect(JSON.stringify(await fakeBrowser.storage.session.get())).not.toContain(state);
  });

  it('is kept beside a few others only, the newest of them', async () => {
    const ids = [];
    for (let index = 0; index < 30; index += 1) ids.push(await offered(`${chatGpts}&n=${index}`));
    const kept = await Promise.all(ids.map(async (id) => (await describeUnclaimed(id ?? '')) !== undefined));
    expect(kept.filter(Boolean)).toHaveLength(10);
    expect(kept.at(-1)).toBe(true);
  });
});
