/**
 * What opencode's web UI is seen to ask of its own server, on that server's own origin: that it starts a sign-in, for which
 * project, and how its request for the outcome ends. `webRequest` shows requests and statuses, and no answer's body.
 */

import * as z from '../schema';
import type { ServerUrl } from '../servers/server';
import { getServers } from '../servers/serverStore';
import { storedValue } from '../storedValue';
import { directoryHeaderName } from './fetchAnswer';
import { isOwnCall } from './tabChannel';

const Start = z.object({
  /** Where the server's API has the sign-in (`pathOf` in lib/opencode/target.ts). */
  path: z.string,
  /**
   * The project's directory, in the words of the header. opencode keeps one waiting sign-in for each project, and its
   * callback endpoint knows only that of the directory that it is called with (measured, 1.18.33).
   */
  directory: z.optional(z.string),
  at: z.number,
  /** What people call the provider, as soon as that is known. */
  label: z.optional(z.string),
  /** How the web UI's own request for the outcome ended: with an HTTP status, or without an answer. */
  end: z.optional(z.union(z.number, z.oneOf('lost'))),
});
/** A sign-in that was started in a server's web UI. */
export type WebUiStart = z.Infer<typeof Start>;

/** By server, the newest first; one for each thing that can be signed in to. */
const starts = storedValue('session', 'web-ui-starts');
const Starts = z.record(z.array(Start));

/** A request as `webRequest` reports it. */
interface SeenRequest {
  url: string;
  /** Negative for what no page asks. */
  tabId: number;
  requestHeaders?: { name: string; value?: string | undefined }[] | undefined;
}

/** The requests that start a sign-in, as match patterns. The second one also tells how it ended. */
export const startPatterns = ['*://*/*provider/*/oauth/authorize*', '*://*/*mcp/*/auth/authenticate*'];
/** The requests that tell how a sign-in ended. */
export const endPatterns = ['*://*/*provider/*/oauth/callback*', '*://*/*mcp/*/auth/authenticate*'];

/** A server's web UI starts a sign-in: remembers it. @returns undefined when the request is about no server of the user's */
export function noteWebUiStart(request: SeenRequest): Promise<{ server: ServerUrl; start: WebUiStart } | undefined> {
  return inOrder(async () => {
    const about = await subjectOf(request);
    if (!about) return undefined;
    const { server, path } = about;
    const header = request.requestHeaders?.find(({ name }) => name.toLowerCase() === directoryHeaderName)?.value;
    const query = new URL(request.url).searchParams.get('directory');
    const directory = header ?? (query ? encodeURIComponent(query) : undefined);
    const start = { path, at: Date.now(), ...(directory === undefined ? {} : { directory }) };
    await changeStarts(server, (all) => [start, ...all.filter((other) => other.path !== path)]);
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

/** The server has said what people call the provider of a sign-in that was started in its web UI. */
export function noteLabel(server: ServerUrl, path: string, label: string): Promise<void> {
  return inOrder(() =>
    changeStarts(server, (all) => all.map((start) => (start.path === path ? { ...start, label } : start))),
  );
}

/** The web UI's request for an outcome has ended. */
export function noteWebUiEnd(request: SeenRequest, end: number | 'lost'): Promise<void> {
  return inOrder(async () => {
    const about = await subjectOf(request);
    if (!about) return;
    await changeStarts(about.server, (all) =>
      all.map((start) => (start.path === about.path ? { ...start, end } : start)),
    );
  });
}

/** The sign-ins that were started in a server's web UI, the newest first. */
export async function webUiStarts(server: ServerUrl): Promise<WebUiStart[]> {
  return (await readStarts())[server] ?? [];
}

/** The directory of a server's last sign-in, as the header's value; undefined for the server's own. */
export function lastDirectory(server: ServerUrl): Promise<string | undefined> {
  return inOrder(async () => (await webUiStarts(server))[0]?.directory);
}

/** Longer than a provider takes to exchange a code. */
const LONGEST_WAIT_MS = 60_000;

/** Waits until the web UI has been told how a sign-in ended: by an HTTP status, or `lost` when it was not. */
export async function waitForWebUiEnd(server: ServerUrl, path: string): Promise<number | 'lost'> {
  const { promise, resolve } = Promise.withResolvers<number | 'lost'>();
  const look = async () => {
    const start = (await webUiStarts(server)).find((one) => one.path === path);
    if (!start) resolve('lost');
    else if (start.end !== undefined) resolve(start.end);
  };
  const stopWatching = starts.watch(() => void look());
  const timer = setTimeout(() => resolve('lost'), LONGEST_WAIT_MS);
  await look();
  const end = await promise;
  clearTimeout(timer);
  stopWatching();
  return end;
}

/** The server and the path of a request for a sign-in's start or outcome, if it is the web UI's and not our own. */
async function subjectOf(request: SeenRequest): Promise<{ server: ServerUrl; path: string } | undefined> {
  if (request.tabId < 0 || isOwnCall(request)) return undefined;
  const { origin, pathname } = new URL(request.url);
  for (const { url: server } of await getServers()) {
    const path = (origin + pathname).startsWith(`${server}/`) ? (origin + pathname).slice(server.length) : '';
    const found = /^(\/provider\/[^/]+\/oauth)\/(?:authorize|callback)$|^(\/mcp\/[^/]+\/auth)\/authenticate$/.exec(
      path,
    );
    if (found) return { server, path: found[1] ?? found[2] ?? '' };
  }
  return undefined;
}

async function readStarts(): Promise<Record<string, WebUiStart[]>> {
  return z.read(Starts, await starts.getValue()) ?? {};
}

async function changeStarts(server: ServerUrl, change: (all: WebUiStart[]) => WebUiStart[]): Promise<void> {
  const all = await readStarts();
  await starts.setValue({ ...all, [server]: change(all[server] ?? []) });
}

/** One after the other, as the browser reports them: a server may answer before its request is written down. */
function inOrder<T>(deal: () => Promise<T>): Promise<T> {
  return navigator.locks.request('web-ui-starts', deal);
}
