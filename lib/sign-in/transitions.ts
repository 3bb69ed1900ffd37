/** Every step of a sign-in from one phase to the next: pure, and the only places where a phase changes. */

import type { Learnt } from '../delivery/origin';
import type { Remains } from '../delivery/route';
import { takenBy } from '../methods/capabilities';
import type { Target } from '../methods/target';
import type { CallbackUrl } from '../oauth/authorizationResponse';
import type { Failure } from '../opencode/failure';
import type { ServerUrl } from '../servers/serverUrl';
import { type Binding, bindTo } from './binding';
import { type Armed, type ArmedSignIn, type Arrival, type InPhase, isArmed, type SignIn, wasSent } from './signIn';

/** A stock opencode server waits this long for a response (measured, 1.1.31 to 1.18.33). */
export const SIGN_IN_LIFE_MS = 5 * 60_000;
/** How long after its deadline a sign-in's response is still captured, to say that it came too late. */
export const EXPLAIN_LATE_MS = 30 * 60_000;

export function start(given: {
  id: string;
  server: ServerUrl;
  target: Target;
  heldBy?: 'web-ui' | undefined;
  startedHere?: true | undefined;
  armed: Armed;
  now: number;
}): InPhase<'waiting'> {
  const { now, ...signIn } = given;
  return { ...signIn, phase: 'waiting', startedAt: now, deadline: now + SIGN_IN_LIFE_MS };
}

/** The authorization request was seen once more. @param more what is known of its target by now: in time only while it waits */
export function rebind(signIn: ArmedSignIn, seen: Binding, more = signIn.target): ArmedSignIn {
  const binding = bindTo(signIn.armed.binding, seen);
  const target = signIn.phase === 'waiting' ? more : signIn.target;
  const isAsBefore = binding === signIn.armed.binding && target === signIn.target;
  return isAsBefore ? signIn : { ...signIn, target, armed: { ...signIn.armed, binding } };
}

/** Its state was seen in a request that is not its own. */
export function contest(signIn: ArmedSignIn): ArmedSignIn {
  return { ...signIn, armed: { ...signIn.armed, isContested: true } };
}

/** A response that matches has arrived. Only a waiting sign-in takes one; after its deadline it has expired. */
export function capture(signIn: SignIn, callbackUrl: CallbackUrl, now: number, arrival?: Arrival): SignIn {
  if (signIn.phase !== 'waiting') return signIn;
  if (now > signIn.deadline) return expire(signIn, now);
  return { ...bare(signIn), ...(arrival ? { arrival } : {}), phase: 'captured', armed: signIn.armed, callbackUrl };
}

/** The response's navigation was seen not to become our page; without a time, it did after all. */
export function divert(signIn: SignIn, divertedAt?: number): SignIn {
  return signIn.arrival ? { ...signIn, arrival: { ...signIn.arrival, divertedAt } } : signIn;
}

/** Delivery begins: of a captured response, or once more of one whose outcome is not known. */
export function beginDelivery(signIn: SignIn, now: number): SignIn {
  if (signIn.phase === 'captured') {
    return now > signIn.deadline ? expire(signIn, now) : { ...signIn, phase: 'delivering', sent: false };
  }
  if (signIn.phase !== 'failed' || !signIn.callbackUrl || !signIn.armed) return signIn;
  if (now > signIn.deadline) return age(signIn, now);
  const { callbackUrl, armed, sent = false } = signIn;
  return { ...bare(signIn), phase: 'delivering', armed, callbackUrl, sent };
}

/** Something was learnt of the server that a delivery can go by: not after the response has left, when its login may be there. */
export function learn(signIn: SignIn, learnt: Learnt | undefined): SignIn {
  return isArmed(signIn) && !wasSent(signIn) ? { ...signIn, armed: { ...signIn.armed, learnt } } : signIn;
}

/** The response is about to leave for the server: never send it again. */
export function noteSent(signIn: SignIn): SignIn {
  return signIn.phase === 'delivering' ? { ...signIn, sent: true } : signIn;
}

/** What its server was asked is written down. */
export function keepTrace(signIn: SignIn, trace: string[]): SignIn {
  return { ...signIn, trace };
}

/** The user takes the callback URL to finish by hand: from now on it may have arrived, and is not sent by us. */
export function handOver(signIn: SignIn, now: number): SignIn {
  return signIn.phase === 'failed' && (!signIn.sent || takenBy(signIn.target))
    ? noteSent(beginDelivery(signIn, now))
    : signIn;
}

export function complete(signIn: SignIn, now: number): SignIn {
  return signIn.phase === 'delivering' ? { ...bare(signIn), phase: 'completed', endedAt: now } : signIn;
}

/** @param remains what can still be done; a response that was sent is never one to send again */
export function fail(signIn: SignIn, failure: Failure, remains: Remains, now: number): SignIn {
  if (signIn.phase !== 'delivering') return signIn;
  const { callbackUrl } = signIn;
  // What was learnt of the server may be why it failed: whoever tries again learns anew.
  const { learnt: _, ...unlearnt } = signIn.armed;
  const armed = remains === 'send' ? unlearnt : signIn.armed;
  const isOver = remains === 'nothing' || signIn.superseded || now > signIn.deadline;
  const kept = isOver || !callbackUrl ? {} : { armed, callbackUrl, sent: remains === 'ask' };
  return failAs(signIn, failure, now, kept);
}

/** Another sign-in started on the same server, which has room for one. A response that was sent is left to arrive. */
export function supersede(signIn: SignIn, now: number): SignIn {
  if (signIn.phase === 'delivering' && signIn.sent) return { ...signIn, superseded: true };
  if (isOver(signIn)) return signIn;
  return failAs(signIn, { name: 'superseded' }, now, armedOf(signIn));
}

/** It cannot go on: its server was removed, or its tab could not be opened. Nothing is kept that could be sent. */
export function abandon(signIn: SignIn, name: 'server-removed' | 'not-started', now: number): SignIn {
  if (isOver(signIn)) return isArmed(signIn) ? disarm(signIn) : signIn;
  return failAs(signIn, { name }, now);
}

/** What is kept for each server: a server, or a page of it, may start as many sign-ins as it likes. */
const MOST_UNDER_WAY = 8;
const MOST_EXPLAINED = 4;

/** Ends what a server has started beyond that, the oldest first, and explains no more late responses than that. */
export function limit(signIns: SignIn[], now: number): SignIn[] {
  const count = new Map<string, number>();
  const newest = signIns.toSorted((a, b) => b.startedAt - a.startedAt);
  const limited = new Map<SignIn, SignIn>();
  for (const signIn of newest) {
    const key = `${isOver(signIn)} ${signIn.server}`;
    if (!isArmed(signIn)) continue;
    const place = (count.get(key) ?? 0) + 1;
    count.set(key, place);
    const isMoreThanKept = place > (key.startsWith('true') ? MOST_EXPLAINED : MOST_UNDER_WAY);
    if (isMoreThanKept && !wasSent(signIn)) limited.set(signIn, disarm(supersede(signIn, now)));
  }
  return signIns.map((signIn) => limited.get(signIn) ?? signIn);
}

function disarm(signIn: SignIn): SignIn {
  if (signIn.phase !== 'failed') return signIn;
  const { armed: _, callbackUrl: __, ...rest } = signIn;
  return rest;
}

/** Time has passed: what can no longer be used is dropped, what need not be explained any more is disarmed. */
export function age(signIn: SignIn, now: number): SignIn {
  if (now > signIn.deadline + EXPLAIN_LATE_MS && signIn.phase === 'failed' && signIn.armed) return disarm(signIn);
  if (now > signIn.deadline + EXPLAIN_LATE_MS && signIn.phase === 'delivering') {
    return failAs(signIn, { name: 'answer-unclear' }, now);
  }
  if (now <= signIn.deadline) return signIn;
  if (signIn.phase === 'waiting' || signIn.phase === 'captured') return expire(signIn, now);
  if (signIn.phase === 'delivering') {
    const { callbackUrl, ...rest } = signIn;
    if (!callbackUrl) return signIn;
    return signIn.sent ? rest : expire(signIn, now);
  }
  if (!isRetryable(signIn)) return signIn;
  // What may have arrived did not come too late.
  return signIn.phase === 'failed' && signIn.sent ? disarm(signIn) : expire(signIn, now);
}

/** When `age` will next change a sign-in, in milliseconds since the epoch; undefined when never. */
export function agesAt(signIn: SignIn): number | undefined {
  if (!isArmed(signIn)) return undefined;
  const holdsResponse = 'callbackUrl' in signIn && signIn.callbackUrl !== undefined;
  return signIn.phase === 'waiting' || holdsResponse ? signIn.deadline : signIn.deadline + EXPLAIN_LATE_MS;
}

/** The browser would not add the capture rule. */
export function failToArm(signIn: InPhase<'waiting'>, now: number): SignIn {
  return failAs(signIn, { name: 'not-armed' }, now);
}

function expire(signIn: SignIn, now: number): SignIn {
  return failAs(signIn, { name: 'expired' }, now, armedOf(signIn));
}

/** @param kept what is kept of its response, and of what a late one is known by */
function failAs(
  signIn: SignIn,
  failure: Failure,
  endedAt: number,
  kept: Pick<InPhase<'failed'>, 'armed' | 'callbackUrl' | 'sent'> = {},
): SignIn {
  return { ...bare(signIn), phase: 'failed', failure, endedAt, ...kept };
}

/** Nothing of its response can be used any more. */
function isOver(signIn: SignIn): boolean {
  return signIn.phase === 'completed' || (signIn.phase === 'failed' && !isRetryable(signIn));
}

function isRetryable(signIn: SignIn): boolean {
  return signIn.phase === 'failed' && signIn.callbackUrl !== undefined;
}

function armedOf(signIn: SignIn): { armed?: Armed } {
  return isArmed(signIn) ? { armed: signIn.armed } : {};
}

/** What remains of every sign-in: no state, no code. */
function bare({ id, server, target, heldBy, startedHere, arrival, trace, startedAt, deadline }: SignIn) {
  return { id, server, target, heldBy, startedHere, arrival, trace, startedAt, deadline };
}
