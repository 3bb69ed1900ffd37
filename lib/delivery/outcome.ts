/**
 * How a sign-in ended. Only opencode's own word counts, in opencode's own shape, or a login that is there now and was not
 * before: a gateway in front of it speaks JSON and HTTP statuses as well, and knows nothing of the sign-in.
 */

import { pause } from '../browser/pause';
import { capabilitiesOf, isOwnChatGpt, pathOf, takenBy } from '../methods/capabilities';
import { hasCredential, isConnected } from '../methods/connections';
import type { Target } from '../methods/target';
import { waitForWebUiEnd } from '../methods/webUi';
import type { AuthorizationResponse } from '../oauth/authorizationResponse';
import { type ApiAnswer, jsonOf, type Refusal, refusalOf } from '../opencode/channel';
import { findListener, forgetEntry } from './loopbackRoute';
import type { Origin } from './origin';
import { completed, type Delivery, failed } from './route';

/** What was said of a sign-in's end. `nobody`: the server knows of none that is waiting. */
type Word = 'completed' | 'refused' | 'nobody' | 'unclear';

export const OUTCOME_TIMEOUT_MS = 120_000;
const OUTCOME_ATTEMPTS = 3;
/** A provider takes seconds at most to exchange a code; the login is there when opencode has stored what it got. */
const LOOKS_FOR_LOGIN = 8;
const LOOKS_WHERE_TAKEN = 4;
const PAUSE_MS = 1_000;

/**
 * Learns how a sign-in ended: from the callback endpoint, or, where opencode's web UI holds the one call that tells, from how
 * that call ends.
 * @param isSent the response may have reached the server before: nothing is sent again, and an endpoint that may be asked
 * once is not asked. That could spoil the sign-in, or be answered for another: its login alone tells
 */
export async function learnOutcome(
  origin: Origin,
  response: AuthorizationResponse,
  isSent: boolean,
): Promise<Delivery> {
  const attempts = isOwnChatGpt(origin) ? OUTCOME_ATTEMPTS : isSent ? 0 : 1;
  const { code, state } = response.kind === 'code' && response.state && !isSent && !origin.heldBy ? response : {};
  const isThere = async () => isSent && (await hasNewLogin(origin, 1));
  const overheard = origin.heldBy && ((await isThere()) ? 'completed' : await overhear(origin, isSent));
  const word = overheard || (await ask(origin, { code, state }, attempts));
  // Where a page has started it, which kind of method it is may not be known: one that wants a code refuses to be asked without.
  const isUnknown = origin.heldBy && !overheard && response.kind !== 'error';
  return conclude(origin, response, isUnknown && word === 'refused' ? 'unclear' : word);
}

/** Nobody listens for a response: it was not sent, but it may have been finished by hand. */
export async function concludeWithoutListener(origin: Origin): Promise<Delivery> {
  if (await hasNewLogin(origin, 1)) return completed;
  return failed({ name: 'nobody-waiting' }, 'send');
}

/**
 * Somebody has taken the response, though the callback endpoint knows of nobody who waits, or says nothing. A sign-in that was
 * started by opencode's second API has a listener at the same address, and no such endpoint: it stores its login by itself
 * (measured, 1.18.33).
 */
export async function concludeTaken(origin: Origin, known: Delivery): Promise<Delivery> {
  const isOpen = known.kind === 'failed' && ['nobody-waiting', 'answer-unclear'].includes(known.failure.name);
  if (!isOpen || !origin.learnt?.isNewToSecond) return known;
  const isThere = async () => (await hasCredential(origin.session)) === true;
  return (await lookFor(isThere, LOOKS_WHERE_TAKEN)) ? completed : known;
}

/** A word, held against what is there: no failure is said while the login may be coming. */
export async function conclude(origin: Origin, response: AuthorizationResponse, word: Word): Promise<Delivery> {
  if (word === 'completed') return completed;
  if (word === 'refused') {
    const isThere = response.kind !== 'error' && (await hasNewLogin(origin, 1));
    if (isThere) return completed;
    // It may have wanted the code, or the URL. The other is not tried, for the code may be spent; the user can still paste it.
    return takenBy(origin.target) ? failed({ name: 'refused-at-exchange' }, 'ask') : refused(response);
  }
  // Where nobody is said to wait, the listener may have taken it all the same, for a project that is not known here.
  const isOver = word === 'nobody' && (takenBy(origin.target) || (await hasNoListener(origin)));
  const looks = response.kind === 'error' || isOver ? 1 : LOOKS_FOR_LOGIN;
  if (response.kind !== 'error' && (await hasNewLogin(origin, looks))) return completed;
  const isSure = isOver && origin.learnt?.isNew === true;
  if (isSure) return failed({ name: 'nobody-waiting' }, 'nothing');
  return failed({ name: 'answer-unclear' }, 'ask');
}

async function hasNoListener({ session, learnt, redirectUri, directory }: Origin): Promise<boolean> {
  if (learnt?.loopback !== 'open') return false;
  const listener = await findListener(session, redirectUri, directory);
  await forgetEntry(session, directory);
  return listener === 'nobody';
}

/** Whether the server has a login that it had not before the response was sent. */
async function hasNewLogin(origin: Origin, attempts: number): Promise<boolean> {
  return origin.learnt?.isNew === true && lookFor(async () => (await isConnected(origin)) === true, attempts);
}

async function lookFor(isThere: () => Promise<boolean>, attempts: number): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    if (await isThere()) return true;
    if (attempt >= attempts) return false;
    await pause(PAUSE_MS);
  }
}

/**
 * Calls the server's callback endpoint, which answers when the sign-in has ended. For a method of kind `auto` it ignores
 * `code` and `state` (measured from 1.1.31 to 1.18.33); a server that takes them needs no more. It is given them once: the answer
 * may be lost on its way, and the code spent (RFC 6749 §4.1.2).
 */
async function ask(
  { session, target, directory }: Origin,
  secrets: { code: string | undefined; state: string | undefined },
  attempts: number,
): Promise<Word> {
  const method = methodOf(target);
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    if (attempt > 1) await pause(PAUSE_MS);
    const answer = await session.channel.send({
      method: 'POST',
      path: `${pathOf(target)}/callback`,
      directory,
      body: attempt === 1 ? { method, ...secrets } : { method },
      timeout: OUTCOME_TIMEOUT_MS,
    });
    const word = wordOf(answer);
    if (word !== 'unclear') return word;
  }
  return 'unclear';
}

/** A method's place among its provider's, which the endpoint wants to know. */
export function methodOf(target: Target): number | undefined {
  return target.kind === 'provider' ? target.method : undefined;
}

/** What the callback endpoint of a provider says. */
export function wordOf(answer: ApiAnswer): Word {
  if (jsonOf(answer) === true) return 'completed';
  const refusal = refusalOf(answer);
  if (!refusal) return 'unclear';
  return isMissing(refusal) ? 'nobody' : 'refused';
}

/** By its name; in 1.14 by what it says (measured, 1.14.34 and 1.14.41). */
function isMissing({ name, data }: Refusal): boolean {
  const missing = 'ProviderAuthOauthMissing';
  return name === missing || !!data.message?.startsWith(missing);
}

/**
 * opencode's web UI holds the one call that tells the outcome, and no extension reads its answer: see `WebUiEnd`.
 * @returns undefined where nobody holds it
 */
async function overhear(origin: Origin, isSent: boolean): Promise<Word | undefined> {
  const end = await waitForWebUiEnd(origin.session.url, pathOf(origin.target), isSent);
  if (end === 'unasked') return undefined;
  if (end !== 'success' && end !== 'refusal') return 'unclear';
  const connected = await isConnected(origin);
  if (connected === undefined) return 'unclear';
  if (end === 'success')
    return connected ? 'completed' : capabilitiesOf(origin.target).endsWell ? 'refused' : 'unclear';
  // With a login from before it cannot be told whether another came in its place.
  return connected ? 'unclear' : 'refused';
}

/** The provider or the server has said no. */
export function refused(response: AuthorizationResponse): Delivery {
  if (response.kind === 'error') {
    const detail = [response.error, response.description].filter(Boolean).join(': ');
    return failed({ name: 'refused-by-provider', detail }, 'nothing');
  }
  return failed({ name: 'refused-at-exchange' }, 'nothing');
}
