import * as z from 'zod/mini';
import type { AuthorizationResponse } from '../oauth/authorizationResponse';
import { type ApiAnswer, type Channel, isGatewayError, jsonOf } from './channel';
import type { Failure } from './failure';
import type { ReachedServer } from './identifyServer';
import { findTerminalApi, relayThroughTerminal, removeEndedRelays } from './terminalRelay';

/** What a server knows a waiting sign-in by. */
export interface Origin {
  provider: string;
  /** See lib/opencode/directory.ts. */
  directory?: string | undefined;
}

/** How a delivery ended. */
export type Delivery = { kind: 'completed' } | { kind: 'failed'; failure: Failure; remains: Remains };

/**
 * What can still be done: `send` it again, only when it certainly did not reach the listener; `ask` again how it ended,
 * when it may have; or `nothing`, when the server has said how.
 */
export type Remains = 'send' | 'ask' | 'nothing';

const Methods = z.record(z.string(), z.array(z.object({ type: z.string() })));
const ServerError = z.object({ name: z.string() });

const OUTCOME_TIMEOUT_MS = 120_000;
const OUTCOME_ATTEMPTS = 3;
const PAUSE_BETWEEN_ATTEMPTS_MS = 1_000;

/**
 * Brings an authorization response to the server that its sign-in started on, and waits for that server's word on it.
 * @param beforeSending called once, right before the response leaves for the listener; answers whether it still may
 */
export async function deliverResponse(
  server: ReachedServer,
  { provider, directory }: Origin,
  response: AuthorizationResponse,
  beforeSending: () => Promise<boolean>,
): Promise<Delivery> {
  const { channel } = server;
  const [hasProvider, terminal] = await Promise.all([servesProvider(channel, provider), findTerminalApi(server)]);
  if (!hasProvider || !terminal) return notDelivered({ name: 'terminal-unavailable' });

  if (!(await beforeSending())) return { kind: 'failed', failure: { name: 'superseded' }, remains: 'nothing' };
  const secrets = response.kind === 'code' ? { code: response.code, state: response.state } : {};
  const outcome = outcomeOf(channel, { provider, directory }, response, secrets);
  const completed = new AbortController();
  const relay = relayThroughTerminal(server, terminal, response.callbackUrl, completed.signal);
  // A refusal may be the answer to an earlier attempt, or to one that expired: only the relay's end tells.
  const relayEnd = await Promise.race([
    relay,
    outcome.then((known) => (known.kind === 'completed' ? known.kind : relay)),
  ]);
  if (relayEnd === 'not-started') return notDelivered({ name: 'terminal-unavailable' });
  if (relayEnd === 'nobody-listens') return notDelivered({ name: 'nobody-waiting' });
  // The relay goes on by itself to delete its terminal.
  if (relayEnd === 'completed') completed.abort();
  return outcome;
}

/** Asks for the outcome of a response that may have reached the listener before; sends nothing again. */
export async function recoverOutcome(
  server: ReachedServer,
  origin: Origin,
  response: AuthorizationResponse,
): Promise<Delivery> {
  const delivery = await outcomeOf(server.channel, origin, response);
  await removeEndedRelays(server);
  return delivery;
}

/**
 * Waits for the server's word on how a sign-in ended.
 * @param secrets for servers whose callback endpoint takes them
 */
export async function outcomeOf(
  channel: Channel,
  origin: Origin,
  response: AuthorizationResponse,
  secrets: Record<string, string> = {},
): Promise<Delivery> {
  return readOutcome(await askOutcome(channel, origin, secrets), response);
}

/**
 * Calls the server's callback endpoint. It answers when the sign-in has ended, to everybody who asks. For a method of
 * kind `auto` it ignores `code` and `state` (measured from 1.1.31 to 1.18.33); a server that takes them needs no more.
 */
async function askOutcome(
  channel: Channel,
  { provider, directory }: Origin,
  secrets: Record<string, string>,
): Promise<ApiAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await channel.send({
      method: 'POST',
      path: `/provider/${provider}/oauth/callback`,
      directory,
      body: { method: 0, ...secrets },
      timeout: OUTCOME_TIMEOUT_MS,
    });
    if (isServersWord(answer) || attempt === OUTCOME_ATTEMPTS) return answer;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_BETWEEN_ATTEMPTS_MS));
  }
}

/** Whether opencode itself answered; a gateway that lost it may speak JSON too. */
function isServersWord(answer: ApiAnswer): answer is Extract<ApiAnswer, { kind: 'answered' }> {
  return answer.kind === 'answered' && answer.contentType.includes('json') && !isGatewayError(answer.status);
}

function readOutcome(answer: ApiAnswer, response: AuthorizationResponse): Delivery {
  if (jsonOf(answer) === true) return { kind: 'completed' };
  if (!isServersWord(answer) || answer.status < 400) {
    return { kind: 'failed', failure: { name: 'answer-unclear' }, remains: 'ask' };
  }
  if (errorName(answer.text) === 'ProviderAuthOauthMissing') {
    return { kind: 'failed', failure: { name: 'nobody-waiting' }, remains: 'nothing' };
  }
  if (response.kind === 'error') {
    const detail = [response.error, response.description].filter(Boolean).join(': ');
    return { kind: 'failed', failure: { name: 'refused-by-provider', detail }, remains: 'nothing' };
  }
  return { kind: 'failed', failure: { name: 'refused-at-exchange' }, remains: 'nothing' };
}

async function servesProvider(channel: Channel, provider: string): Promise<boolean> {
  const methods = z.safeParse(Methods, jsonOf(await channel.send({ method: 'GET', path: '/provider/auth' })));
  return methods.data?.[provider]?.some((method) => method.type === 'oauth') ?? false;
}

function errorName(text: string): string | undefined {
  try {
    return z.safeParse(ServerError, JSON.parse(text)).data?.name;
  } catch {
    return undefined;
  }
}

function notDelivered(failure: Failure): Delivery {
  return { kind: 'failed', failure, remains: 'send' };
}
