import * as z from 'zod/mini';
import { pause } from '../browser/pause';
import type { AuthorizationResponse } from '../oauth/authorizationResponse';
import { type Channel, jsonAs, wasTurnedAway } from '../opencode/channel';
import { keepsUnknownPaths } from '../opencode/release';
import type { Session } from '../opencode/session';
import type { Origin } from './origin';
import { concludeWithoutListener } from './outcome';
import { relayExit, relayScript } from './relayScript';
import { failed, type Route } from './route';

/**
 * The terminal API that a server has: `/pty` in every release, and since 1.17 (measured: not in 1.17.0, in 1.17.18) `/api/pty`,
 * which keeps a session after its end.
 */
export type TerminalApi = '/api/pty' | '/pty';

const WithId = z.object({ id: z.string() });
const Sessions = z.array(WithId);
/** `/pty` answers the session itself, `/api/pty` has it in `data`. */
const Created = z.object({ data: z.optional(WithId), id: z.optional(z.string()) });
const Terminal = z.object({ data: z.object({ status: z.string(), exitCode: z.optional(z.number()) }) });

const Listed = z.object({ data: z.array(z.object({ id: z.string(), title: z.string(), status: z.string() })) });
const SessionLists = { '/api/pty': z.object({ data: Sessions }), '/pty': Sessions };

/** What a relay's terminal is called in the server's own list. */
const TITLE = 'Callback Courier';
const POLL_MS = 40;
/** The relay's own requests give up after 20 s; a terminal that takes longer hangs. */
const LONGEST_RELAY_MS = 25_000;
/** Ended terminals that are deleted at once; a server that lists more makes them up. */
const MOST_DELETED = 20;

/** Finds out, by requests that carry nothing, which terminal API a server has. */
export async function findTerminalApi(session: Session): Promise<TerminalApi | undefined> {
  const [current, legacy] = await Promise.all([servesCurrent(session), serves(session.channel, '/pty')]);
  if (current) return '/api/pty';
  return legacy ? '/pty' : undefined;
}

/**
 * A process that the server starts requests the listener on its own loopback. The response travels in the process's
 * environment: a server logs and broadcasts `command` and `args`, but not `env`. That the listener answers proves nothing about
 * the sign-in: it does so before it exchanges the code.
 */
export function terminalRoute(origin: Origin, api: TerminalApi): Route {
  return {
    kind: 'terminal',
    async send(response, completed) {
      const exitCode = await runRelay(origin.session, api, environmentFor(response), completed);
      await removeEndedRelays(origin.session);
      if (exitCode === relayExit.nobodyListens) return concludeWithoutListener(origin);
      return exitCode === relayExit.noRunner ? failed({ name: 'terminal-unavailable' }, 'send') : undefined;
    },
  };
}

/**
 * Has a server start a relay that requests nothing: the first process of a server takes 0.1 s longer than the next (measured,
 * 1.18.33), and by `/api/pty` it tells whether one can run. It clears up behind itself alone: the end of a delivery that is under
 * way meanwhile has still to be read.
 * @returns false if it was turned away, or cannot run
 */
export async function tryTerminal(session: Session, api: TerminalApi): Promise<boolean> {
  return (await runRelay(session, api, {})) !== relayExit.noRunner;
}

/** @returns the relay's exit code, `noRunner` where the server turned it away, or undefined where it is not known */
async function runRelay(
  session: Session,
  api: TerminalApi,
  env: Record<string, string>,
  enough?: AbortSignal,
): Promise<number | undefined> {
  const { channel } = session;
  const created = await channel.send({
    method: 'POST',
    path: api,
    // Not the folder that opencode was started in, which is a project's.
    body: { command: '/bin/sh', args: ['-c', relayScript], cwd: '/', title: TITLE, env },
  });
  const { data, id = data?.id } = jsonAs(Created, created) ?? {};
  if (id === undefined) return wasTurnedAway(created) ? relayExit.noRunner : undefined;
  const path = `${api}/${encodeURIComponent(id)}`;
  const exitCode = await waitForExit(channel, api, path, enough);
  await channel.send({ method: 'DELETE', path });
  return exitCode;
}

/** Deletes what earlier relays left behind when the way to the server, or the worker, was cut before their end. */
export async function removeEndedRelays({ channel, version }: Session): Promise<void> {
  if (!keepsUnknownPaths(version)) return;
  const listed = jsonAs(Listed, await channel.send({ method: 'GET', path: '/api/pty' }));
  const ended = listed?.data.filter(({ title, status }) => title === TITLE && status === 'exited') ?? [];
  await Promise.all(
    ended
      .slice(0, MOST_DELETED)
      .map(({ id }) => channel.send({ method: 'DELETE', path: `/api/pty/${encodeURIComponent(id)}` })),
  );
}

/**
 * What the relay script is given. A response in the query is requested as it came. One in the fragment never gets to a
 * listener by its URL: there the listener's own page posts it (DigitalOcean in opencode 1.18.33), and so does the relay.
 */
function environmentFor(response: AuthorizationResponse): Record<string, string> {
  const { callbackUrl } = response;
  const fragment = new URL(callbackUrl).hash;
  if (!fragment) return { COURIER_URLS: loopbackSpellings(callbackUrl).join(' ') };
  const urls = loopbackSpellings(new URL('/auth/token', callbackUrl).href);
  return { COURIER_URLS: urls.join(' '), COURIER_BODY: JSON.stringify(postedBy(response)) };
}

/** The JSON that the page of DigitalOcean's listener makes of a fragment (opencode 1.18.33). */
function postedBy(response: AuthorizationResponse): Record<string, string | undefined> {
  if (response.kind === 'error') return { error: response.error, error_description: response.description };
  const { state } = response;
  return response.kind === 'token'
    ? { access_token: response.token, expires_in: response.expiresIn ?? '0', state }
    : { state };
}

/** opencode releases bind the listener to different addresses; `localhost` may mean either. */
function loopbackSpellings(url: string): string[] {
  const { hostname } = new URL(url);
  const hosts = new Set([hostname, '127.0.0.1', '[::1]']);
  return [...hosts].map((host) => url.replace(`//${hostname}:`, `//${host}:`));
}

async function servesCurrent({ channel, version }: Session): Promise<boolean> {
  return keepsUnknownPaths(version) && (await serves(channel, '/api/pty'));
}

async function serves(channel: Channel, api: TerminalApi): Promise<boolean> {
  const answer = await channel.send({ method: 'GET', path: api });
  return jsonAs(SessionLists[api], answer) !== undefined;
}

/** @param enough aborted when the end no longer matters: the terminal is deleted then without waiting for it */
async function waitForExit(
  channel: Channel,
  api: TerminalApi,
  path: string,
  enough: AbortSignal | undefined,
): Promise<number | undefined> {
  // By a clock that nobody sets: a terminal is deleted after this, and its process ends with it.
  const giveUpAt = performance.now() + LONGEST_RELAY_MS;
  while (performance.now() < giveUpAt && !enough?.aborted) {
    await pause(POLL_MS);
    const answer = await channel.send({ method: 'GET', path });
    // `/pty` forgets a session as soon as it has ended, and its exit code with it.
    if (answer.kind === 'answered' && answer.status === 404) return undefined;
    const terminal = api === '/api/pty' ? jsonAs(Terminal, answer)?.data : undefined;
    if (terminal?.status === 'exited') return terminal.exitCode;
  }
  return undefined;
}
