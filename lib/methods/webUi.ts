/**
 * What opencode's web UI is seen to ask of its own server, on that server's own origin: that it starts a sign-in, for which
 * project, and how its request for the outcome ends. `webRequest` shows requests, statuses and headers, and no answer's body.
 *
 * Any page can send such requests, and a server's page is not to be trusted either. So only a POST from a page of that server
 * counts, its end is known by its request's id, and little is kept for each server.
 */

import type { WebRequest } from 'webextension-polyfill';
import { browser } from 'wxt/browser';
import * as z from 'zod/mini';
import { parseJson } from '../browser/parseJson';
import { directoryHeaderName } from '../opencode/fetchAnswer';
import { isOwnCall } from '../opencode/tabChannel';
import { getServerUrls } from '../servers/serverStore';
import { pagesOf } from '../servers/serverTab';
import { originOf, type ServerUrl } from '../servers/serverUrl';
import { webUiStarts as storedStarts } from '../storage';
import { capabilitiesOf, pathOf, targetAt } from './capabilities';
import type { Target } from './target';

/**
 * How the web UI's own request for the outcome ended, as far as it shows: with what opencode answers after a success, with
 * what it answers after a failure, or with something else, or not at all.
 */
const WebUiEnd = z.literal(['success', 'refusal', 'lost']);
export type WebUiEnd = z.infer<typeof WebUiEnd>;

const Start = z.object({
  /** Where the server's API has the sign-in (`pathOf` in lib/methods/capabilities.ts). */
  path: z.string(),
  /**
   * The project's directory, in the words of the header. opencode keeps one waiting sign-in for each project, and its
   * callback endpoint knows only that of the directory that it is called with (measured, 1.18.33).
   */
  directory: z.optional(z.string()),
  at: z.number(),
  /** What people call the provider, as soon as that is known. */
  label: z.optional(z.string()),
  /** Which of the provider's methods. */
  method: z.optional(z.number()),
  /** The redirect URI that its link names, where no sign-in of its own is kept for it. */
  redirectUri: z.optional(z.string()),
  /** The web UI's own request for the outcome. */
  outcomeRequest: z.optional(z.string()),
  end: z.optional(WebUiEnd),
});
/** A sign-in that was started in a server's web UI. */
export type WebUiStart = z.infer<typeof Start>;

/** By server, the newest first; one for each thing that can be signed in to. */
const Starts = z.record(z.string(), z.array(Start));

/** What is kept of one server: people start a few. */
const MOST_STARTS = 8;
/** The longest path of Linux, each of its bytes percent-encoded. */
const LONGEST_DIRECTORY = 3 * 4_096;

/** A request as `webRequest` reports it. */
interface SeenRequest {
  requestId: string;
  method: string;
  url: string;
  /** Negative for what no page asks. */
  tabId: number;
  /** 0 for the page itself. */
  frameId: number;
  /** Firefox: the URL of the page that asks. */
  documentUrl?: string | undefined;
  /** Chromium: its origin. */
  initiator?: string | undefined;
  requestHeaders?: { name: string; value?: string | undefined }[] | undefined;
}

/** An answer as `webRequest` reports it. */
interface SeenAnswer extends SeenRequest {
  statusCode: number;
  responseHeaders?: { name: string; value?: string | undefined }[] | undefined;
}

/** The requests that start a sign-in, as match patterns. The second one also tells how it ended. */
export const startPatterns = ['*://*/*provider/*/oauth/authorize*', '*://*/*mcp/*/auth/authenticate*'];
/** The requests that tell how a sign-in ended. */
export const endPatterns = ['*://*/*provider/*/oauth/callback*', ...startPatterns.slice(1)];

const Body = z.object({ method: z.number() });
const LONGEST_BODY = 65_536;
/** What the last request of this kind was, and the method that it names in its body: told before its headers are. */
let last: { requestId: string; method: number | undefined } | undefined;

/** Something that looks like a start is about to be sent: remembers which method it names. */
export function noteMethod({ requestId, requestBody }: WebRequest.OnBeforeRequestDetailsType): void {
  // The types do not know what both browsers document.
  const bytes = requestBody?.raw?.[0]?.bytes as ArrayBuffer | undefined;
  if (!bytes || bytes.byteLength > LONGEST_BODY) return;
  last = { requestId, method: Body.safeParse(parseJson(new TextDecoder().decode(bytes))).data?.method };
}

/** What a start is about. @returns undefined where its path is none that opencode would ask */
export function targetOf({ path, label, method = 0 }: WebUiStart, takes?: 'code'): Target | undefined {
  const target = targetAt(path, label);
  return target?.kind === 'provider' ? { ...target, method, takes } : target;
}

/** A server's web UI starts a sign-in: remembers it. @returns undefined when the request is about no server of the user's */
export function noteWebUiStart(request: SeenRequest): Promise<{ server: ServerUrl; start: WebUiStart } | undefined> {
  const method = last?.requestId === request.requestId ? last.method : undefined;
  return inOrder(async () => {
    const about = await subjectOf(request);
    if (!about || about.asks === 'outcome') return undefined;
    const { server, path } = about;
    const header = request.requestHeaders?.find(({ name }) => name.toLowerCase() === directoryHeaderName)?.value;
    const query = new URL(request.url).searchParams.get('directory');
    const directory = header ?? (query ? encodeURIComponent(query) : undefined);
    const start: WebUiStart = {
      path,
      at: Date.now(),
      method,
      ...(directory && directory.length <= LONGEST_DIRECTORY ? { directory } : {}),
      ...(about.asks === 'both' ? { outcomeRequest: request.requestId } : {}),
    };
    await changeStarts(server, (all) => [start, ...all.filter((other) => other.path !== path)].slice(0, MOST_STARTS));
    return { server, start };
  });
}

/** The start that a request of the web UI was noted as. */
export function findWebUiStart(request: SeenRequest): Promise<{ server: ServerUrl; start: WebUiStart } | undefined> {
  return inOrder(async () => {
    const about = await subjectOf(request);
    const start = about && (await webUiStarts(about.server)).find(({ path }) => path === about.path);
    return about && start && { server: about.server, start };
  });
}

/** More has become known of a sign-in that was started in a server's web UI. */
export function noteMore(
  server: ServerUrl,
  path: string,
  more: Pick<WebUiStart, 'label' | 'redirectUri'>,
): Promise<void> {
  return inOrder(() => changeStart(server, (start) => start.path === path, more));
}

/** The web UI asks for the outcome of the sign-in that it has started last. */
export function noteOutcomeRequest(request: SeenRequest): Promise<void> {
  return inOrder(async () => {
    const about = await subjectOf(request);
    if (about?.asks !== 'outcome') return;
    // The first request holds the answer, and as long as it does, whoever else asks may be told anything.
    const isUnheld = ({ path, outcomeRequest, end }: WebUiStart) =>
      path === about.path && (!outcomeRequest || end === 'lost');
    await changeStart(about.server, isUnheld, { outcomeRequest: request.requestId, end: undefined });
  });
}

/** The web UI's request for an outcome has ended: with an answer, or without one. */
export function noteWebUiEnd(request: SeenRequest, answer?: SeenAnswer): Promise<void> {
  return inOrder(async () => {
    const about = await subjectOf(request);
    if (!about) return;
    const end = answer ? endOf(answer) : 'lost';
    await changeStart(about.server, ({ outcomeRequest }) => outcomeRequest === request.requestId, { end });
  });
}

/** opencode answers `true` or an error of its own, both as JSON; a gateway's page, and most of its errors, look otherwise. */
function endOf({ statusCode, responseHeaders = [], url }: SeenAnswer): WebUiEnd {
  const headerOf = (wanted: string) => responseHeaders.find(({ name }) => name.toLowerCase() === wanted)?.value;
  if (!headerOf('content-type')?.includes('application/json')) return 'lost';
  if (statusCode === 400 || statusCode === 500) return 'refusal';
  const length = headerOf('content-encoding') ? undefined : headerOf('content-length');
  const isTrue = length === undefined || length === '4' || !/\/oauth\/callback$/.test(new URL(url).pathname);
  return statusCode === 200 && isTrue ? 'success' : 'lost';
}

/** The sign-ins that were started in a server's web UI, the newest first. */
export async function webUiStarts(server: ServerUrl): Promise<WebUiStart[]> {
  return (await readStarts())[server] ?? [];
}

/** The directory of a server's last sign-in, as the header's value; undefined for the server's own. */
export function lastDirectory(server: ServerUrl): Promise<string | undefined> {
  return inOrder(async () => (await webUiStarts(server))[0]?.directory);
}

/** The servers have changed: what others have started is forgotten. */
export function forgetStartsOfOthers(): Promise<void> {
  return inOrder(async () => {
    const servers = await getServerUrls();
    const kept = Object.entries(await readStarts()).filter(([server]) => servers.includes(server as ServerUrl));
    await storedStarts.setValue(kept.length > 0 ? Object.fromEntries(kept) : undefined);
  });
}

/** Longer than a provider takes to exchange a code. */
const LONGEST_WAIT_MS = 60_000;

/**
 * Waits until the web UI has been told how a sign-in ended.
 * @param mayAsk it may ask later: the user has what its dialog asks for
 * @returns `unasked` where it does not ask: other front ends than opencode's own do that when the user says so
 */
export async function waitForWebUiEnd(server: ServerUrl, path: string, mayAsk = false): Promise<WebUiEnd | 'unasked'> {
  const { promise, resolve } = Promise.withResolvers<WebUiEnd | 'unasked'>();
  const look = async () => {
    const start = (await webUiStarts(server)).find((one) => one.path === path);
    if (!start) resolve('lost');
    else if (!start.outcomeRequest && !mayAsk) resolve('unasked');
    else if (start.end !== undefined) resolve(start.end);
  };
  const stopWatching = storedStarts.watch(() => void look());
  const timer = setTimeout(() => resolve('lost'), LONGEST_WAIT_MS);
  await look();
  const end = await promise;
  clearTimeout(timer);
  stopWatching();
  return end;
}

/** What a request is about, if it is one of a web UI's about a sign-in: a POST from a page of that very server. */
async function subjectOf(
  request: SeenRequest,
): Promise<{ server: ServerUrl; path: string; asks: 'start' | 'outcome' | 'both' } | undefined> {
  if (request.method !== 'POST' || request.tabId < 0 || isOwnCall(request)) return undefined;
  const { origin, pathname } = new URL(request.url);
  for (const server of await getServerUrls()) {
    const path = (origin + pathname).startsWith(`${server}/`) ? (origin + pathname).slice(server.length) : '';
    const [, about = '', asked] = /^(.*)\/(\w+)$/.exec(path) ?? [];
    const target = targetAt(about);
    if (!target) continue;
    const { start, end } = capabilitiesOf(target);
    if (asked !== start && asked !== end) continue;
    if (!(await isAskedBy(server, request))) return undefined;
    return { server, path: pathOf(target), asks: start === end ? 'both' : asked === end ? 'outcome' : 'start' };
  }
  return undefined;
}

/** Whether a page of a server asks. Of a frame Chromium tells the origin only, and what a page shows may be a server's. */
async function isAskedBy(server: ServerUrl, { tabId, frameId, documentUrl, initiator }: SeenRequest): Promise<boolean> {
  const isPage = await pagesOf(server);
  if (documentUrl) return isPage({ url: documentUrl });
  if (initiator !== originOf(server)) return false;
  if (frameId !== 0 || server === initiator) return true;
  return isPage(await browser.tabs.get(tabId).catch(() => ({})));
}

async function readStarts(): Promise<Record<string, WebUiStart[]>> {
  return Starts.safeParse(await storedStarts.getValue()).data ?? {};
}

/** More is known of the starts that are meant. */
function changeStart(
  server: ServerUrl,
  isMeant: (start: WebUiStart) => boolean,
  more: Partial<WebUiStart>,
): Promise<void> {
  return changeStarts(server, (all) => all.map((start) => (isMeant(start) ? { ...start, ...more } : start)));
}

async function changeStarts(server: ServerUrl, change: (all: WebUiStart[]) => WebUiStart[]): Promise<void> {
  const all = await readStarts();
  await storedStarts.setValue({ ...all, [server]: change(all[server] ?? []) });
}

/** One after the other, as the browser reports them: a server may answer before its request is written down. */
function inOrder<T>(deal: () => Promise<T>): Promise<T> {
  return navigator.locks.request('web-ui-starts', deal);
}
