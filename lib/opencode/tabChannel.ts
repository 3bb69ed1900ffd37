import { browser } from 'wxt/browser';
import { pause } from '../browser/pause';
import type { Page } from '../browser/runInPage';
import type { ServerUrl } from '../servers/serverUrl';
import { ApiAnswer, type Channel } from './channel';
import { type FetchCall, fetchAnswer, fetchCall } from './fetchAnswer';
import { dropCall, holdCall } from './heldCalls';

/** The calls that are under way in tabs, or were a moment ago; and by which id `webRequest` has shown each. */
const ownCalls = new Set<{ key: string; shownAs?: string }>();
/** Firefox may report a request to `webRequest` only after its answer. */
const REPORTED_AFTER_MS = 5_000;

/**
 * Whether a request that `webRequest` shows in a tab is one of the extension's own, and not the page's: the first that is shown
 * after such a call was made is that one.
 */
export function isOwnCall({ url, tabId, requestId }: { url: string; tabId: number; requestId: string }): boolean {
  const calls = [...ownCalls].filter(({ key }) => key === `${tabId} ${url}`);
  const call = calls.find(({ shownAs = requestId }) => shownAs === requestId);
  if (call) call.shownAs = requestId;
  return call !== undefined;
}

/**
 * How long a tab may take to run what is injected into it. A page in a busy loop, with an `alert` open, frozen, or stopped
 * in a debugger never does, and `executeScript` then waits without end (measured, both browsers).
 */
const TAB_WAIT_MS = 2_000;
/** A request has a time of its own; its answer needs no longer than this to come out of the tab. */
const HANDOVER_MS = 2_000;
/** How long the timers of a tab in the background may wait in Firefox (`dom.timeout.budget_throttling_max_delay`, 15 s). */
const LONGEST_TIMER_MS = 16_000;
/** How often a tab that has a request under way is asked whether it would still get the answer. */
const PING_MS = 5_000;

/**
 * A channel through an open page of the server: same origin, so the page's own Basic credentials, SSO cookies and
 * gateway sessions apply. A request that the tab does not take in time is `not-sent`, for certain.
 */
export function tabChannel(serverUrl: ServerUrl, { tabId, frameId }: Page, authorization: string | undefined): Channel {
  const target = { tabId, frameIds: [frameId] };
  return {
    kind: 'tab',
    async send(request) {
      const call = fetchCall(serverUrl, request, authorization);
      const own = { key: `${tabId} ${call.url}` };
      ownCalls.add(own);
      const answer = await sendFrom(target, call);
      const wasSent = answer.kind !== 'failed' || answer.reason !== 'not-sent';
      setTimeout(() => ownCalls.delete(own), wasSent ? REPORTED_AFTER_MS : 0);
      return answer;
    },
  };
}

interface Target {
  tabId: number;
  frameIds: number[];
}

async function sendFrom(target: Target, call: FetchCall): Promise<ApiAnswer> {
  const { promise, resolve } = Promise.withResolvers<ApiAnswer>();
  let isTaken = false;
  let pings: ReturnType<typeof setInterval> | undefined;
  let clock = setTimeout(() => resolve({ kind: 'failed', reason: 'not-sent' }), TAB_WAIT_MS);
  const id = holdCall(call, () => {
    isTaken = true;
    clearTimeout(clock);
    clock = setTimeout(() => resolve({ kind: 'failed', reason: 'timeout' }), call.timeout + HANDOVER_MS);
    pings = setInterval(() => {
      void isAlive(target).then((alive) => alive || resolve({ kind: 'failed', reason: 'timeout' }));
    }, PING_MS);
  });
  // The tab was closed, navigated away, or shows the browser's own error page.
  const lost = (): ApiAnswer => ({ kind: 'failed', reason: isTaken ? 'network' : 'not-sent' });
  browser.scripting
    .executeScript({ target, injectImmediately: true, func: fetchAnswer, args: [id] })
    .then(([result]) => resolve(ApiAnswer.safeParse(result?.result).data ?? lost()))
    .catch(() => resolve(lost()));
  const answer = await promise;
  clearTimeout(clock);
  clearInterval(pings);
  dropCall(id);
  return answer;
}

/**
 * Whether a tab gets answers. One that is gone ends its request by itself. In Firefox a page with an `alert` open runs what is
 * injected, and neither its timers nor its requests come to an end (measured, ESR 153).
 */
async function isAlive(target: Target): Promise<boolean> {
  return (
    (await runsWithin(TAB_WAIT_MS, target, () => {})) &&
    (await runsWithin(LONGEST_TIMER_MS, target, () => new Promise<void>((resolve) => setTimeout(resolve))))
  );
}

function runsWithin(milliseconds: number, target: Target, func: () => void | Promise<void>): Promise<boolean> {
  const run = browser.scripting.executeScript({ target, injectImmediately: true, func });
  const hasRun = run.catch(() => {}).then(() => true);
  return Promise.race([hasRun, pause(milliseconds).then(() => false)]);
}

/**
 * The first channel; once it has not sent a request, the second one, for that request and all that follow. When a request got
 * no answer in time the second is for those that follow.
 */
export function firstThat(preferred: Channel, other: Channel): Channel {
  let current = preferred;
  return {
    get kind() {
      return current.kind;
    },
    async send(request) {
      // Several requests may be under way when the first of them changes the channel.
      const asked = current;
      const answer = await asked.send(request);
      if (asked === other || answer.kind !== 'failed' || answer.reason === 'network') return answer;
      current = other;
      return answer.reason === 'not-sent' ? other.send(request) : answer;
    },
  };
}
