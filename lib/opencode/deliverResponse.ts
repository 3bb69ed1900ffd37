import type { AuthorizationResponse } from '../oauth/authorizationResponse';
import * as z from '../schema';
import { requestCallbackUrl } from './callbackRoute';
import { type ApiAnswer, anyJsonOf, type Channel, isGatewayError, isServersWord, jsonOf } from './channel';
import { isConnected } from './connections';
import type { Failure } from './failure';
import type { ReachedServer } from './identifyServer';
import { answersEverybody, type Learnt, learnServer } from './learnServer';
import { chatGpt, isSameTarget, pathOf, type Target } from './target';
import { type RelayEnd, relayThroughTerminal, removeEndedRelays, type TerminalApi } from './terminalRelay';
import { waitForWebUiEnd } from './webUi';

/** What a server knows a waiting sign-in by, and what is known here of how it started. */
export interface Origin {
  target: Target;
  /** See `WebUiStart` in lib/opencode/webUi.ts. */
  directory?: string | undefined;
  /** See `SignIn` in lib/sign-in/signIn.ts. */
  heldBy?: 'web-ui' | undefined;
  learnt?: Learnt | undefined;
}

/** How a delivery ended. */
export type Delivery = { kind: 'completed' } | { kind: 'failed'; failure: Failure; remains: Remains };

/**
 * What can still be done: `send` it again, only when it certainly did not reach the listener; `ask` again how it ended,
 * when it may have; or `nothing`, when the server has said how.
 */
export type Remains = 'send' | 'ask' | 'nothing';

/** A delivery that only waits for its response: everything harmless has been asked. */
export interface Preparation {
  server: ReachedServer;
  origin: Origin;
  route: Route;
}

/**
 * How a response gets to the server: its callback endpoint takes the code of an MCP sign-in that the extension started, an
 * administrator may have published ChatGPT's listener, and every other listener is reached from the server's own machine.
 */
type Route =
  | { kind: 'callback-endpoint' }
  | { kind: 'callback-url'; template: string }
  | { kind: 'terminal'; api: TerminalApi };

const ServerError = z.object({ name: z.string });
const McpStatus = z.object({ status: z.string });

const OUTCOME_TIMEOUT_MS = 120_000;
const OUTCOME_ATTEMPTS = 3;
const PAUSE_BETWEEN_ATTEMPTS_MS = 1_000;

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
  const known = before?.version === server.version ? routeOf(origin, before, template) : undefined;
  if (known) return { server, origin, route: known };
  // Nothing was learnt before, or it was of no use then and may be now.
  const learnt = await learnServer(server, origin);
  const route = learnt && routeOf(origin, learnt, template);
  return route ? { server, origin: { ...origin, learnt }, route } : { name: 'terminal-unavailable' };
}

function routeOf({ target, heldBy }: Origin, { terminal }: Learnt, template: string | undefined): Route | undefined {
  if (target.kind === 'mcp' && !heldBy) return { kind: 'callback-endpoint' };
  if (template && isSameTarget(target, chatGpt)) return { kind: 'callback-url', template };
  return terminal && { kind: 'terminal', api: terminal };
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
  if (!(await beforeSending())) {
    return { kind: 'failed', failure: { name: 'superseded' }, remains: 'nothing' };
  }
  if (route.kind === 'callback-endpoint') return deliverToMcp(server, origin, response);
  const outcome = learnOutcome(server, origin, response);
  if (route.kind === 'callback-url') {
    const failure = await requestCallbackUrl(server, route.template, response.callbackUrl);
    return failure ? notDelivered(failure) : outcome;
  }
  // Poe's listener answers nobody before the callback endpoint was called, so the call gets a round trip's start.
  if (!answersEverybody(origin.target)) await server.channel.send({ method: 'GET', path: route.api });
  return deliverToListener(server, response, route.api, outcome);
}

/** Asks for the outcome of a response that may have reached the server before; sends nothing again. */
export async function recoverOutcome(
  server: ReachedServer,
  origin: Origin,
  response: AuthorizationResponse,
): Promise<Delivery> {
  const delivery = answersEverybody(origin.target)
    ? readOutcome(await askOutcome(server.channel, origin, {}), response)
    : await (origin.heldBy ? overhearOutcome(server, origin, response) : proveOutcome(server, origin));
  await removeEndedRelays(server);
  return delivery;
}

/** The listener on the server's own loopback takes the response, by a terminal; the outcome is learnt meanwhile. */
async function deliverToListener(
  server: ReachedServer,
  response: AuthorizationResponse,
  terminal: TerminalApi,
  outcome: Promise<Delivery>,
): Promise<Delivery> {
  const completed = new AbortController();
  const relay = relayThroughTerminal(server, terminal, response, completed.signal);
  // A refusal may be the answer to an earlier attempt, or to one that expired: only the relay's end tells.
  const relayEnd = await Promise.race<RelayEnd | 'completed'>([
    relay,
    outcome.then((known) => (known.kind === 'completed' ? known.kind : relay)),
  ]);
  if (relayEnd === 'not-started') return notDelivered({ name: 'terminal-unavailable' });
  if (relayEnd === 'nobody-listens') return notDelivered({ name: 'nobody-waiting' });
  // The relay goes on by itself to delete its terminal.
  if (relayEnd === 'completed') completed.abort();
  return outcome;
}

/** The callback endpoint of an MCP sign-in that the extension started takes the code itself; its state was compared. */
async function deliverToMcp(server: ReachedServer, origin: Origin, response: AuthorizationResponse): Promise<Delivery> {
  if (response.kind !== 'code') return refused(response);
  const answer = await server.channel.send({
    method: 'POST',
    path: `${pathOf(origin.target)}/callback`,
    directory: origin.directory,
    body: { code: response.code },
    timeout: OUTCOME_TIMEOUT_MS,
  });
  if (!isServersWord(answer)) return proveOutcome(server, origin);
  const status = z.read(McpStatus, jsonOf(answer))?.status;
  if (status === 'connected') return { kind: 'completed' };
  return status ? refused(response) : { kind: 'failed', failure: { name: 'nobody-waiting' }, remains: 'nothing' };
}

async function learnOutcome(server: ReachedServer, origin: Origin, response: AuthorizationResponse): Promise<Delivery> {
  if (origin.heldBy) return overhearOutcome(server, origin, response);
  const secrets = response.kind === 'code' && response.state ? { code: response.code, state: response.state } : {};
  const answer = await askOutcome(server.channel, origin, secrets);
  return isServersWord(answer) || answersEverybody(origin.target)
    ? readOutcome(answer, response)
    : proveOutcome(server, origin);
}

/** opencode's web UI holds the one call that tells the outcome: its status is seen, or else the server's list is looked at. */
async function overhearOutcome(
  server: ReachedServer,
  origin: Origin,
  response: AuthorizationResponse,
): Promise<Delivery> {
  const end = await waitForWebUiEnd(server.url, pathOf(origin.target));
  if (end === 'lost' || isGatewayError(end)) return proveOutcome(server, origin);
  // An MCP server's failure may come with a status of success, as it does at its callback endpoint (measured, 1.18.33).
  const worked = end < 300 && (origin.target.kind === 'provider' || (await isConnected(server, origin)));
  return worked ? { kind: 'completed' } : refused(response);
}

/** Nobody can be asked any more, so a login that was not there before has to be the proof. */
async function proveOutcome(server: ReachedServer, origin: Origin): Promise<Delivery> {
  for (let attempt = 1; origin.learnt?.isNew && attempt <= OUTCOME_ATTEMPTS; attempt += 1) {
    if (await isConnected(server, origin)) return { kind: 'completed' };
    await new Promise((resolve) => setTimeout(resolve, PAUSE_BETWEEN_ATTEMPTS_MS));
  }
  return unclear();
}

/**
 * Calls the server's callback endpoint, which answers when the sign-in has ended. For a method of kind `auto` it ignores
 * `code` and `state` (measured from 1.1.31 to 1.18.33); a server that takes them needs no more.
 */
async function askOutcome(
  channel: Channel,
  { target, directory }: Origin,
  secrets: Record<string, string>,
): Promise<ApiAnswer> {
  const attempts = answersEverybody(target) ? OUTCOME_ATTEMPTS : 1;
  const method = target.kind === 'provider' ? target.method : undefined;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await channel.send({
      method: 'POST',
      path: `${pathOf(target)}/callback`,
      directory,
      body: { method, ...secrets },
      timeout: OUTCOME_TIMEOUT_MS,
    });
    if (isServersWord(answer) || attempt === attempts) return answer;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_BETWEEN_ATTEMPTS_MS));
  }
}

function readOutcome(answer: ApiAnswer, response: AuthorizationResponse): Delivery {
  if (jsonOf(answer) === true) return { kind: 'completed' };
  if (!isServersWord(answer) || answer.status < 400) return unclear();
  if (z.read(ServerError, anyJsonOf(answer))?.name === 'ProviderAuthOauthMissing') {
    return { kind: 'failed', failure: { name: 'nobody-waiting' }, remains: 'nothing' };
  }
  return refused(response);
}

function refused(response: AuthorizationResponse): Delivery {
  if (response.kind === 'error') {
    const detail = [response.error, response.description].filter(Boolean).join(': ');
    return { kind: 'failed', failure: { name: 'refused-by-provider', detail }, remains: 'nothing' };
  }
  return { kind: 'failed', failure: { name: 'refused-at-exchange' }, remains: 'nothing' };
}

function unclear(): Delivery {
  return { kind: 'failed', failure: { name: 'answer-unclear' }, remains: 'ask' };
}

function notDelivered(failure: Failure): Delivery {
  return { kind: 'failed', failure, remains: 'send' };
}
