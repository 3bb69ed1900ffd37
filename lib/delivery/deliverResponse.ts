import { capabilitiesOf, goesToListener } from '../methods/capabilities';
import type { AuthorizationResponse } from '../oauth/authorizationResponse';
import { callbackUrlRoute } from './callbackUrlRoute';
import { codeRoute } from './codeRoute';
import { learnServer } from './learnServer';
import { findListener, forgetEntry, loopbackRoute, tryLoopback } from './loopbackRoute';
import type { Learnt, Origin } from './origin';
import { concludeWithoutListener, learnOutcome } from './outcome';
import { type Delivery, failed, type Route } from './route';
import { removeEndedRelays, terminalRoute } from './terminalRoute';

/**
 * Brings an authorization response to the server that its sign-in started on, and waits for that server's word on it. First
 * it finds out, by requests that carry nothing, how the server can be given it.
 * @param template where an administrator has published ChatGPT's listener, if so: see lib/servers/callbackTemplate.ts
 * @param beforeSending called once with what was learnt of the server, right before the response leaves for it; answers
 * whether it still may
 */
export async function deliverResponse(
  given: Origin,
  response: AuthorizationResponse,
  template: string | undefined,
  beforeSending: (learnt: Learnt | undefined) => Promise<boolean>,
): Promise<Delivery> {
  const found = await findRoute(given, template);
  if (!found) return failed({ name: 'terminal-unavailable' }, 'send');
  const { origin, route } = found;
  if (route === 'no-listener') return concludeWithoutListener(origin);
  if (!(await beforeSending(origin.learnt))) {
    await route.drop?.();
    return failed({ name: 'superseded' }, 'nothing');
  }
  const completed = new AbortController();
  if (route.kind === 'code') return route.send(response, completed.signal);
  const outcome = learnOutcome(origin, response, false);
  // Poe's listener answers nobody before the callback endpoint was called, so the call gets a round trip's start.
  if (!capabilitiesOf(origin.target).answersEverybody)
    await origin.session.channel.send({ method: 'GET', path: '/global/health' });
  const sent = route.send(response, completed.signal);
  // A refusal may be the answer to an earlier attempt, or to one that expired: only the end of the way tells.
  const end = await Promise.race([sent, outcome.then((known) => (known.kind === 'completed' ? known : sent))]);
  // The route goes on by itself to clear up behind it.
  if (end?.kind === 'completed') completed.abort();
  return end ?? outcome;
}

/** Asks for the outcome of a response that may have reached the server before; sends nothing again. */
export async function recoverOutcome(origin: Origin, response: AuthorizationResponse): Promise<Delivery> {
  const delivery = await learnOutcome(origin, response, true);
  // What an earlier attempt could not clear up behind it, because the way to the server was cut.
  if (origin.learnt?.loopback === 'open') await forgetEntry(origin.session, origin.directory);
  await removeEndedRelays(origin.session);
  return delivery;
}

interface Found {
  origin: Origin;
  route: Route | 'no-listener';
}

async function findRoute(origin: Origin, template: string | undefined): Promise<Found | undefined> {
  const { learnt: before, session } = origin;
  const known = before?.version === session.version ? await routeOf(origin, before, template) : undefined;
  if (known) return { origin, route: known };
  // Nothing was learnt before, or it was of no use then and may be now.
  const learnt = await learnServer(origin);
  const route = learnt && (await routeOf(origin, learnt, template));
  return route && { origin: { ...origin, learnt }, route };
}

/** A server that said so longer ago may have been restarted by now. */
const FRESH_MS = 3_000;

/**
 * How a response gets to the server: its callback endpoint takes the code where it can, an administrator may have published
 * the listener, and every other listener is reached from the server's own machine: by the server's own MCP client where that
 * can, else by a process that the server starts.
 */
async function routeOf(
  origin: Origin,
  { loopback, listener: before, terminal: api, at }: Learnt,
  template: string | undefined,
): Promise<Route | 'no-listener' | undefined> {
  const { session, target, redirectUri, directory, inFragment } = origin;
  if (!goesToListener(origin)) return codeRoute(origin);
  if (template && capabilitiesOf(target).isPublished) return callbackUrlRoute(session, template);
  const terminal = api && terminalRoute(origin, api);
  if (loopback !== 'open' || inFragment) return terminal;
  // A server that was restarted may send its requests to a proxy by now. The clock may have been set back.
  const isFresh = Math.abs(Date.now() - at) < FRESH_MS;
  if (!isFresh && (await tryLoopback(session, redirectUri, directory)) !== 'open') return terminal;
  const isKnown = before === 'silent' || (before === 'there' && isFresh);
  const listener = isKnown ? before : await findListener(session, redirectUri, directory);
  if (listener === 'there' || listener === 'silent') return loopbackRoute(session, directory);
  await forgetEntry(session, directory);
  // Its process tells for certain, whatever keeps the client of the server from getting there.
  return terminal ?? (listener && 'no-listener');
}
