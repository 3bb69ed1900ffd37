import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { chatGpt } from '../methods/target';
import { noteMethod } from '../methods/webUi';
import { saveServer } from '../servers/serverStore';
import { ServerUrl } from '../servers/serverUrl';
import { webUiStarts } from '../storage';
import { getSignIns } from './signInStore';
import { onAuthorizationRequest } from './startSignIn';
import { onWebUiStart, onWebUiStarted } from './webUiSignIn';

const server = ServerUrl.parse('https://opencode.example.com');
const other = ServerUrl.parse('https://other.example.com');

function linkOf(state: string, originator = 'opencode'): string {
  return (
    'https://auth.openai.com/oauth/authorize?response_type=code&client_id=app&code_challenge=c&code_challenge_method=S256' +
    `&redirect_uri=http%3A%2F%2Flocalhost%3A1455%2Fauth%2Fcallback&state=${state}&originator=${originator}`
  );
}
const link = linkOf('the-state-of-this-sign-in');
/** What the extension's script answers for a field that a code is to be pasted into. */
const field = '';
const secondMethod = new TextEncoder().encode('{"method":1}').buffer;

/**
 * The server's web UI starts a sign-in to ChatGPT, by the second of its methods.
 * @param page what the tab shows when the answer is there
 * @param shown the links of that page, and its field
 */
async function start(page: string, ...shown: string[]): Promise<void> {
  Object.assign(fakeBrowser, { scripting: { executeScript: async () => [{ result: [page, ...shown] }] } });
  const url = `${server}/provider/openai/oauth/authorize`;
  const request = { requestId: '1', method: 'POST', url, tabId: 7, frameId: 0, initiator: server, requestHeaders: [] };
  noteMethod({ requestId: '1', requestBody: { raw: [{ bytes: secondMethod }] } } as never);
  await onWebUiStart(request);
  await onWebUiStarted({ ...request, statusCode: 200 });
}

beforeEach(async () => {
  fakeBrowser.reset();
  const done = async () => {};
  Object.assign(fakeBrowser, {
    declarativeNetRequest: { updateSessionRules: done },
    action: { setBadgeText: done, setBadgeBackgroundColor: done },
    permissions: { contains: async () => false },
  });
  for (const url of [server, other]) await saveServer({ url });
});

describe('the link that shows after a start in the web UI', () => {
  it('tells the state of the sign-in', async () => {
    await start(`${server}/session`, link);
    expect(await getSignIns()).toMatchObject([{ server, armed: { state: 'the-state-of-this-sign-in' } }]);
  });

  it('is none of the server whose page the tab has left: it may be that of the next server', async () => {
    await start(`${other}/session`, link);
    expect(await getSignIns()).toEqual([]);
  });

  it('leads to the listener for a sign-in of opencode itself, whatever else the page has a field for', async () => {
    await start(`${server}/session`, field, link);
    expect(await getSignIns()).toMatchObject([{ target: chatGpt }]);
  });

  it('leads to the field for a sign-in of a plugin that asks for the code, and holds no call then', async () => {
    await start(`${server}/session`, field, linkOf('the-state-of-this-sign-in', 'codex_cli_rs'));
    expect(await getSignIns()).toMatchObject([
      { target: { id: 'openai', method: 1, takes: 'code' }, heldBy: 'web-ui' },
    ]);
  });

  it('is read after a silence, too: a page that is busy showing it takes more than the two seconds that are waited', async () => {
    vi.useFakeTimers();
    const answers = [new Promise(() => {}), Promise.resolve([{ result: [`${server}/session`, link] }])];
    const started = start(`${server}/session`);
    Object.assign(fakeBrowser, { scripting: { executeScript: () => answers.shift() } });
    await vi.advanceTimersByTimeAsync(3_000);
    await started;
    vi.useRealTimers();
    expect(await getSignIns()).toMatchObject([{ armed: { state: 'the-state-of-this-sign-in' } }]);
  });

  it('is given up where the page hangs: it is asked five times', async () => {
    vi.useFakeTimers();
    const asked: string[] = [];
    const executeScript = ({ func }: { func: () => void }) => {
      asked.push(func.name);
      return new Promise(() => {});
    };
    const started = start(`${server}/session`);
    Object.assign(fakeBrowser, { scripting: { executeScript } });
    await vi.advanceTimersByTimeAsync(15_000);
    await started;
    vi.useRealTimers();
    expect(asked.filter((name) => name === 'linksOfPage')).toHaveLength(5);
  });

  it('is looked for no longer once its start is forgotten: what is shown then is that of another', async () => {
    vi.useFakeTimers();
    const started = start(`${server}/session`);
    await vi.advanceTimersByTimeAsync(300);
    await webUiStarts.setValue({});
    Object.assign(fakeBrowser, { scripting: { executeScript: async () => [{ result: [`${server}/session`, link] }] } });
    await vi.advanceTimersByTimeAsync(10_000);
    await started;
    vi.useRealTimers();
    expect(await getSignIns()).toEqual([]);
  });

  it('does not replace the sign-in whose request was seen at the provider before it', async () => {
    const { promise, resolve } = Promise.withResolvers<object>();
    Object.assign(fakeBrowser, { scripting: { executeScript: () => promise } });
    const url = `${server}/provider/openai/oauth/authorize`;
    const request = { requestId: '1', method: 'POST', url, tabId: 7, frameId: 0, initiator: server };
    await onWebUiStart(request);
    const watched = onWebUiStarted({ ...request, statusCode: 200 });
    await onAuthorizationRequest({ url: link, tabId: 8, initiator: server });
    resolve([{ result: [`${server}/session`, linkOf('another-state-of-an-older-link')] }]);
    await watched;
    expect(await getSignIns()).toMatchObject([{ phase: 'waiting', armed: { state: 'the-state-of-this-sign-in' } }]);
  });
});
