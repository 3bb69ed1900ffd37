import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { browser } from 'wxt/browser';
import { ServerUrl } from '../servers/serverUrl';
import type { ApiAnswer, Channel } from './channel';
import { takeCall } from './heldCalls';
import { firstThat, isOwnCall, tabChannel } from './tabChannel';

const TAB = 7;
const page = { tabId: TAB, frameId: 0 };
const answer: ApiAnswer = { kind: 'answered', status: 200, contentType: '', basicChallenge: false, text: '' };

/**
 * Stands for a tab, as both browsers were seen to behave: what is injected runs at once, or never once the page hangs, and
 * `executeScript` waits for its end. The first thing that is injected is the request.
 */
function tab({ takes }: { takes: boolean }) {
  const state = {
    page: 'https://opencode.example.com/',
    hangs: false,
    pings: 0,
    answers: undefined as ((answer: ApiAnswer) => void) | undefined,
  };
  vi.spyOn(browser.scripting, 'executeScript').mockImplementation((async (injection: { args?: [string] }) => {
    const [id] = injection.args ?? [];
    if (id === undefined) state.pings += 1;
    if (state.hangs || (id !== undefined && !(takes && takeCall(id, state.page)))) return new Promise(() => {});
    if (id === undefined) return [{ result: true }];
    return new Promise((resolve) => {
      state.answers = (result) => resolve([{ result }]);
    });
  }) as never);
  return state;
}

function send(timeout: number): Promise<ApiAnswer> {
  const channel = tabChannel(ServerUrl.parse('https://opencode.example.com'), page, undefined);
  return channel.send({ method: 'POST', path: '/provider/openai/oauth/callback', timeout });
}

describe('a request through a tab', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('is not sent by a tab that does not take it within two seconds', async () => {
    tab({ takes: false });
    const sent = send(120_000);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await sent).toEqual({ kind: 'failed', reason: 'not-sent' });
  });

  it('is the first that the browser shows in that tab from then on; the page may ask for the same right after it', async () => {
    tab({ takes: true });
    const server = ServerUrl.parse('https://opencode.example.com');
    const ask = () => tabChannel(server, page, undefined).send({ method: 'POST', path: '/mcp/demo/auth/authenticate' });
    const url = `${server}/mcp/demo/auth/authenticate`;
    const shown = (requestId: string, tabId = TAB) => isOwnCall({ url, tabId, requestId });
    expect(shown('1')).toBe(false);
    void ask();
    expect(['2', '2', '3'].map((id) => shown(id))).toEqual([true, true, false]);
    void ask();
    expect(['4', '2', '5'].map((id) => shown(id))).toEqual([true, true, false]);
    expect(shown('6', TAB + 1)).toBe(false);
  });

  it('is not sent by a tab that shows another site by now, whoever has led it there', async () => {
    const shown = tab({ takes: true });
    shown.page = 'https://hostile.example.com/';
    const sent = send(120_000);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await sent).toEqual({ kind: 'failed', reason: 'not-sent' });
  });

  it('is waited for as long as its tab runs what is injected into it', async () => {
    const page = tab({ takes: true });
    const sent = send(120_000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(page.pings).toBeGreaterThan(5);
    page.answers?.(answer);
    expect(await sent).toEqual(answer);
  });

  it('is given up within seconds when its tab hangs after it has taken it', async () => {
    const page = tab({ takes: true });
    const sent = send(120_000);
    await vi.advanceTimersByTimeAsync(1_000);
    page.hangs = true;
    await vi.advanceTimersByTimeAsync(7_000);
    expect(await sent).toEqual({ kind: 'failed', reason: 'timeout' });
  });

  it('asks its tab nothing more when it has ended', async () => {
    const page = tab({ takes: true });
    const sent = send(120_000);
    await vi.advanceTimersByTimeAsync(1_000);
    page.answers?.(answer);
    await sent;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(page.pings).toBe(0);
  });
});

it('takes the second channel for each of several requests that the first has not sent', async () => {
  const hangs: Channel = { kind: 'tab', send: async () => ({ kind: 'failed', reason: 'not-sent' }) };
  const works: Channel = { kind: 'background', send: async () => answer };
  const channel = firstThat(hangs, works);
  const answers = ['/mcp', '/global/health'].map((path) => channel.send({ method: 'GET', path }));
  expect(await Promise.all(answers)).toEqual([answer, answer]);
});
