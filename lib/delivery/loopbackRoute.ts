/**
 * The server's own MCP client, told that there is an MCP server at a URL, requests that URL from the server's machine: a
 * POST first and then, because what answers is no MCP server, a GET. So a response reaches a listener on the server's
 * loopback, and no process has to be started there: the same on Linux, macOS and Windows, and in images without a shell.
 */

import * as z from 'zod/mini';
import { type ApiAnswer, jsonAs, wasTurnedAway } from '../opencode/channel';
import { isSafeWithCodes } from '../opencode/release';
import type { Recognise, Session } from '../opencode/session';
import type { ServerUrl } from '../servers/serverUrl';
import { failed, type Route } from './route';

/** What opencode lists the entry as; it is replaced by one that leads nowhere and is disabled as soon as it has served. */
const NAME = 'callback-courier';
/** A port that nobody listens on (discard, RFC 863). */
const UNUSED_PORT = 9;
/** A path that no listener knows: an answer tells that it is there, and ends no sign-in. */
const UNKNOWN_PATH = '/callback-courier/is-anybody-there';

const PROBE_TIMEOUT_MS = 1_500;
/** Some listeners answer only when they have exchanged the code. A request that is cut off would be followed by the next. */
const DELIVERY_TIMEOUT_MS = 20_000;
/** What a request to the server may take beside the two that its client makes. */
const OVERHEAD_MS = 10_000;

/** Whether a server's own requests to its loopback get there, and why they would not. */
export const Loopback = z.literal([
  'open',
  /** They go to a proxy, which would be given the code. */
  'proxied',
  /** The release repeats or logs what it requests. */
  'unsafe',
  /** The server does not say: its API is kept from us, or is another. */
  'closed',
]);
export type Loopback = z.infer<typeof Loopback>;

/** What is at a redirect URI on the server's machine: `silent` takes a connection and does not answer yet. */
export const Listener = z.literal(['there', 'silent', 'nobody']);
export type Listener = z.infer<typeof Listener>;

const Entry = z.object({ status: z.string(), error: z.optional(z.string()) });
const Answer = z.object({ [NAME]: Entry });

/**
 * The server's own MCP client requests the listener, in the project that the sign-in belongs to. What it answers proves nothing
 * about the sign-in.
 */
export function loopbackRoute(session: Session, directory?: string): Route {
  return {
    kind: 'loopback',
    async send({ callbackUrl }) {
      const answer = await navigator.locks.request(lockOf(session.url), () =>
        addEntry(session, { url: callbackUrl, timeout: DELIVERY_TIMEOUT_MS }, directory),
      );
      // Later: opencode's web UI loads what belongs to the new login now, and is done with that a quarter of a second later.
      forgetLater(session, directory, SETTLED_MS);
      return mayBeTaken(answer) ? undefined : failed({ name: 'terminal-unavailable' }, 'send');
    },
  };
}

/**
 * Finds out whether responses may take this route: a request to a port that nobody uses has to fail with `Unable to connect`.
 * It carries nothing. With `HTTP_PROXY` and no exception for the loopback it would be answered by the proxy.
 * @param redirectUri its host is asked: the exception may be for one name of the loopback and not for another
 */
export async function tryLoopback(session: Session, redirectUri: string, directory?: string): Promise<Loopback> {
  if (!isSafeWithCodes(session.version)) return 'unsafe';
  const unused = new URL(redirectUri);
  unused.port = String(UNUSED_PORT);
  const error = await requestFrom(session, unused.origin, directory);
  if (error === undefined) return 'closed';
  return isRefusal(error) ? 'open' : 'proxied';
}

/** Finds out whether somebody listens at a redirect URI, by a request that carries nothing to a path that is not its own. */
export async function findListener(
  session: Session,
  redirectUri: string,
  directory?: string,
): Promise<Listener | undefined> {
  const error = await requestFrom(session, new URL(redirectUri).origin + UNKNOWN_PATH, directory);
  if (error === undefined) return undefined;
  if (isRefusal(error)) return 'nobody';
  return /timed? ?out/i.test(error) ? 'silent' : 'there';
}

/**
 * A server whose loopback was found open is recognised by the entry that finding it out has left: it is gone with a restart
 * (measured, 1.18.33), after which the server may send its requests to a proxy.
 * @param loopback what was learnt of it
 */
export function recogniserOf(loopback: Loopback | undefined, directory?: string): Recognise | undefined {
  if (loopback !== 'open') return undefined;
  return async (channel) =>
    jsonAs(Answer, await channel.send({ method: 'GET', path: '/mcp', directory })) !== undefined;
}

const LONGEST_WAIT_MS = 10_000;

/**
 * Starts something on a server once no pair of requests is under way there: the second one of an older sign-in would end a
 * newer one. Waits ten seconds at most.
 */
export async function whileNothingIsDelivered<T>(server: ServerUrl, start: () => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(LONGEST_WAIT_MS);
  await navigator.locks.request(lockOf(server), { signal }, () => {}).catch(() => {});
  return start();
}

function lockOf(server: ServerUrl): string {
  return `loopback/${server}`;
}

/**
 * Replaces what the server remembers of us by an entry that leads nowhere and is disabled. There is no way to remove one; it
 * is gone with the next `POST /instance/dispose`, which opencode's web UI sends after each sign-in to a provider. What the
 * server does not confirm is tried again for a while.
 *
 * It belongs to the project of the sign-in, which is open already. A project of its own would hide it, but to open one makes
 * opencode log in anew to every MCP server that is configured for all of them, and to close it ends the logins to those that
 * are waited for (measured, 1.18.33).
 */
export async function forgetEntry(session: Session, directory?: string, attempt = 1): Promise<void> {
  const answer = await addEntry(
    session,
    { url: `http://127.0.0.1:${UNUSED_PORT}/`, timeout: PROBE_TIMEOUT_MS, enabled: false },
    directory,
  );
  const isForgotten = jsonAs(Answer, answer)?.[NAME].status === 'disabled';
  if (!isForgotten && attempt < FORGET_ATTEMPTS) forgetLater(session, directory, FORGET_PAUSE_MS, attempt + 1);
}

/** After a delivery. The listener has taken the response by then, if one was there. */
const SETTLED_MS = 500;
const FORGET_ATTEMPTS = 7;
const FORGET_PAUSE_MS = 1_500;
/** An entry that nothing has followed for so long was of a delivery that did not come to be. */
const LEFT_AFTER_MS = 4_000;

/** The clean-ups to come, by server and project. */
const forgetting = new Map<string, ReturnType<typeof setTimeout>>();

function forgetLater(session: Session, directory: string | undefined, inMs: number, attempt = 1): void {
  cancelForgetting(session, directory);
  const clock = setTimeout(() => void forgetEntry(session, directory, attempt), inMs);
  forgetting.set(keyOf(session, directory), clock);
}

function cancelForgetting(session: Session, directory: string | undefined): void {
  clearTimeout(forgetting.get(keyOf(session, directory)));
  forgetting.delete(keyOf(session, directory));
}

function keyOf({ url }: Session, directory = ''): string {
  return `${url} ${directory}`;
}

/** @returns why the server's client failed at a URL; undefined when the server does not say */
async function requestFrom(session: Session, url: string, directory?: string): Promise<string | undefined> {
  const answer = await addEntry(session, { url, timeout: PROBE_TIMEOUT_MS }, directory);
  const entry = jsonAs(Answer, answer)?.[NAME];
  return entry?.status === 'failed' ? (entry.error ?? '') : undefined;
}

/** Replaces the entry; one request after another, since each is answered with how the entry stands. */
function addEntry(
  session: Session,
  config: { url: string; timeout: number; enabled?: false },
  directory: string | undefined,
): Promise<ApiAnswer> {
  return navigator.locks.request(`mcp-entry/${session.url}`, async () => {
    cancelForgetting(session, directory);
    const answer = await session.channel.send({
      method: 'POST',
      path: '/mcp',
      directory,
      body: { name: NAME, config: { type: 'remote', oauth: false, ...config } },
      // Each of the two requests has its own time.
      timeout: 2 * config.timeout + OVERHEAD_MS,
    });
    // Also when it was turned away: an entry from before may still be there, and its clean-up was put off above.
    if (config.enabled !== false) forgetLater(session, directory, LEFT_AFTER_MS);
    return answer;
  });
}

/** Whether the server may have told its client: it says so, or nobody said that it did not. */
function mayBeTaken(answer: ApiAnswer): boolean {
  return jsonAs(Answer, answer) !== undefined || !wasTurnedAway(answer);
}

/** In Bun's words, the same from 1.1.31 to 1.18.34. */
function isRefusal(error: string): boolean {
  return error.includes('Unable to connect');
}
