import { goesToListener, isOwnChatGpt } from '../methods/capabilities';
import type { AuthorizationResponse } from '../oauth/authorizationResponse';
import { callbackUrlRoute } from './callbackUrlRoute';
import { codeRoute } from './codeRoute';
import { learnLoopback, learnServer } from './learnServer';
import { forgetEntry, loopbackRoute } from './loopbackRoute';
import type { Learnt, Origin } from './origin';
import { concludeTaken, concludeWithoutListener, learnOutcome } from './outcome';
import { type Delivery, failed, type Route } from './route';
import { removeEndedRelays, terminalRoute } from './terminalRoute';

/**
 * Brings an authorization response to the server that its sign-in started on, and waits for that server's word on it. First
 * it finds out, by requests that carry nothing, how the server can be given it.
 * @param template where an administrator has published ChatGPT's listener, if so: see lib/servers/callbackTemplate.ts
 * @param beforeSending called once with what was learnt of the server and the route's kind, right before the response leaves;
 * answers whether it still may
 */
export async function deliverResponse(
  given: Origin,
  response: AuthorizationResponse,
  template: string | undefined,
  beforeSending: (learnt: Learnt | undefined, kind: Route['kind']) => Promise<boolean>,
): Promise<Delivery> {
  const found = await findRoute(given, template);
  if (!found) return failed({ name: 'terminal-unavailable' }, 'send');
  const { origin, route } = found;
  if (route === 'no-listener') return concludeWithoutListener(origin);
  if (!(await beforeSending(origin.learnt, route.kind))) return failed({ name: 'superseded' }, 'nothing');
  const completed = new AbortController();
  if (route.kind === 'code') return route.send(response, completed.signal);
  const outcome = learnOutcome(origin, response, false);
  // Poe's listener answers nobody before the callback endpoint was called, so the call gets a round trip's start.
  if (!isOwnChatGpt(origin)) await origin.session.channel.send({ method: 'GET', path: '/global/health' });
  const sent = route.send(response, completed.signal);
  // A refusal may be the answer to an earlier attempt, or to one that expired: only the end of the way tells.
  const end = await Promise.race([sent, outcome.then((known) => (known.kind === 'completed' ? known : sent))]);
  // The route goes on by itself to clear up behind it.
  if (end?.kind === 'completed') completed.abort();
  return end ?? concludeTaken(origin, await outcome);
}

/** Asks for the outcome of a response that may have reached the server before; sends nothing again. */
export async function recoverOutcome(origin: Origin, response: AuthorizationResponse): Promise<Delivery> {
  const delivery = await concludeTaken(origin, await learnOutcome(origin, response, true));
  // What an earlier attempt could not clear up behind it, because the way to the server was cut.
  if (origin.learnt?.loopback === 'open') await forgetEntry(origin.session, origin.directory);
  await removeEndedRelays(origin.session);
  return delivery;
}

interface Found {
  origin: Origin;
  route: Route | 'no-listener';
}

async function findRoute(given: Origin, template: string | undefined): Promise<Found | undefined> {
  // What was learnt before may have been of no use then, and may be now.
  return routeBy(await knownOf(given), given, template) ?? routeBy(await learnServer(given), given, template);
}

function routeBy(learnt: Learnt | undefined, given: Origin, template: string | undefined): Found | undefined {
  const origin = { ...given, learnt };
  const route = learnt && routeOf(origin, learnt, template);
  return route && { origin, route };
}

/** What was learnt of the server before and still holds: one that was restarted may send its requests to a proxy by now. */
async function knownOf(origin: Origin): Promise<Learnt | undefined> {
  const { learnt, session } = origin;
  if (learnt?.version !== session.version) return undefined;
  const holds = learnt.loopback !== 'open' || (session.isRecognised && isThere(learnt));
  return holds ? learnt : { ...learnt, ...(await learnLoopback(origin)) };
}

/**
 * How a response gets to the server: its callback endpoint takes the code where it can, an administrator may have published
 * the listener, and every other listener is reached from the server's own machine: by the server's own MCP client where that
 * can, else by a process that the server starts.
 */
function routeOf(origin: Origin, learnt: Learnt, template: string | undefined): Route | 'no-listener' | undefined {
  const { session, directory, inFragment } = origin;
  if (!goesToListener(origin)) return codeRoute(origin);
  if (template && isOwnChatGpt(origin)) return callbackUrlRoute(session, template);
  const terminal = learnt.terminal && terminalRoute(origin, learnt.terminal);
  if (learnt.loopback !== 'open' || inFragment) return terminal;
  if (isThere(learnt)) return loopbackRoute(session, directory);
  // Its process tells for certain, whatever keeps the client of the server from getting there.
  return terminal ?? (learnt.listener && 'no-listener');
}

function isThere({ listener }: Pick<Learnt, 'listener'>): boolean {
  return listener === 'there' || listener === 'silent';
}
