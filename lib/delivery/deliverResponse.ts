import { capabilitiesOf, goesToListener } from '../methods/capabilities';
import type { AuthorizationResponse } from '../oauth/authorizationResponse';
import type { Failure } from '../opencode/failure';
import type { ReachedServer } from '../opencode/identifyServer';
import { requestCallbackUrl } from './callbackUrlRoute';
import { learnServer } from './learnServer';
import { deliverThroughLoopback, findListener, forgetEntry, tryLoopback } from './loopbackRoute';
import type { Learnt, Origin } from './origin';
import {
  awaitOutcome,
  concludeWithoutListener,
  type Delivery,
  deliverToCallbackEndpoint,
  failed,
  recoverOutcome as recover,
} from './outcome';
import { type RelayEnd, relayThroughTerminal, removeEndedRelays, type TerminalApi } from './terminalRoute';

/** A delivery that only waits for its response: everything harmless has been asked. */
export interface Preparation {
  server: ReachedServer;
  origin: Origin;
  route: Route;
}

/**
 * How a response gets to the server: its callback endpoint takes the code of an MCP sign-in that the extension started, an
 * administrator may have published ChatGPT's listener, and every other listener is reached from the server's own machine:
 * by the server's own MCP client where that can, else by a process that the server starts.
 */
type Route =
  | { kind: 'callback-endpoint' }
  | { kind: 'callback-url'; template: string }
  | { kind: 'loopback' }
  | { kind: 'terminal'; api: TerminalApi }
  /** Nobody listens on the server's machine. */
  | { kind: 'no-listener' };

/**
 * Finds out how a server can be given the response of a sign-in, by requests that carry nothing. It can be done before the
 * response is there.
 * @param template where an administrator has published ChatGPT's listener, if so: see lib/servers/callbackTemplate.ts
 * @returns why the response cannot be delivered, if so
 */
export async function prepareDelivery(
  server: ReachedServer,
  origin: Origin,
  template?: string,
): Promise<Preparation | Failure> {
  const { learnt: before } = origin;
  const known = before?.version === server.version ? await routeOf(server, origin, before, template) : undefined;
  if (known) return { server, origin, route: known };
  // Nothing was learnt before, or it was of no use then and may be now.
  const learnt = await learnServer(server, origin);
  const route = learnt && (await routeOf(server, origin, learnt, template));
  return route ? { server, origin: { ...origin, learnt }, route } : { name: 'terminal-unavailable' };
}

async function routeOf(
  server: ReachedServer,
  origin: Origin,
  { loopback, listener: before, terminal: api }: Learnt,
  template: string | undefined,
): Promise<Route | undefined> {
  const { target, redirectUri, directory, inFragment } = origin;
  if (!goesToListener(origin)) return { kind: 'callback-endpoint' };
  if (template && capabilitiesOf(target).isPublished) return { kind: 'callback-url', template };
  const terminal = api && { kind: 'terminal' as const, api };
  if (loopback !== 'open' || inFragment) return terminal;
  // Asked again each time: a server that was restarted may send its requests to a proxy by now.
  if ((await tryLoopback(server, redirectUri, directory)) !== 'open') return terminal;
  const listener = before === 'silent' ? before : await findListener(server, redirectUri, directory);
  if (listener === 'there' || listener === 'silent') return { kind: 'loopback' };
  await forgetEntry(server, directory);
  // Its process tells for certain, whatever keeps the client of the server from getting there.
  return terminal ?? (listener && { kind: 'no-listener' });
}

/**
 * Brings an authorization response to the server that its sign-in started on, and waits for that server's word on it.
 * @param beforeSending called once, right before the response leaves for the server; answers whether it still may
 */
export async function deliverResponse(
  { server, origin, route }: Preparation,
  response: AuthorizationResponse,
  beforeSending: () => Promise<boolean>,
): Promise<Delivery> {
  if (route.kind === 'no-listener') return concludeWithoutListener(server, origin);
  if (!(await beforeSending())) {
    if (route.kind === 'loopback') await forgetEntry(server, origin.directory);
    return failed({ name: 'superseded' }, 'nothing');
  }
  if (route.kind === 'callback-endpoint') return deliverToCallbackEndpoint(server, origin, response);
  const outcome = awaitOutcome(server, origin, response);
  if (route.kind === 'callback-url') {
    const failure = await requestCallbackUrl(server, route.template, response.callbackUrl);
    return failure ? failed(failure, 'send') : outcome;
  }
  // Poe's listener answers nobody before the callback endpoint was called, so the call gets a round trip's start.
  if (!capabilitiesOf(origin.target).answersEverybody)
    await server.channel.send({ method: 'GET', path: '/global/health' });
  return deliverToListener(server, origin, response, route, outcome);
}

/** Asks for the outcome of a response that may have reached the server before; sends nothing again. */
export async function recoverOutcome(
  server: ReachedServer,
  origin: Origin,
  response: AuthorizationResponse,
): Promise<Delivery> {
  const delivery = await recover(server, origin, response);
  // What an earlier attempt could not clear up behind it, because the way to the server was cut.
  if (origin.learnt?.loopback === 'open') await forgetEntry(server, origin.directory);
  await removeEndedRelays(server);
  return delivery;
}

/** The listener on the server's own loopback takes the response; the outcome is learnt meanwhile. */
async function deliverToListener(
  server: ReachedServer,
  origin: Origin,
  response: AuthorizationResponse,
  route: Extract<Route, { kind: 'loopback' | 'terminal' }>,
  outcome: Promise<Delivery>,
): Promise<Delivery> {
  const completed = new AbortController();
  const relay: Promise<RelayEnd> =
    route.kind === 'loopback'
      ? deliverThroughLoopback(server, response.callbackUrl, origin.directory)
      : relayThroughTerminal(server, route.api, response, completed.signal);
  // A refusal may be the answer to an earlier attempt, or to one that expired: only the relay's end tells.
  const relayEnd = await Promise.race<RelayEnd | 'completed'>([
    relay,
    outcome.then((known) => (known.kind === 'completed' ? known.kind : relay)),
  ]);
  if (relayEnd === 'not-started') return failed({ name: 'terminal-unavailable' }, 'send');
  if (relayEnd === 'nobody-listens') return concludeWithoutListener(server, origin);
  // The relay goes on by itself to clear up behind it.
  if (relayEnd === 'completed') completed.abort();
  return outcome;
}
