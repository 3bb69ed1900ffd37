import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallbackUrl } from '../oauth/authorizationResponse';
import type { LoopbackRedirectUri } from '../oauth/loopbackRedirectUri';
import { failureNames } from '../opencode/failure';
import { ServerUrl } from '../servers/server';
import { SignIn, viewOf } from './signIn';
import {
  age,
  agesAt,
  beginDelivery,
  capture,
  complete,
  EXPLAIN_LATE_MS,
  fail,
  noteSent,
  SIGN_IN_LIFE_MS,
  start,
  supersede,
} from './transitions';

/** Something happens to one sign-in, `wait` milliseconds after the last event; negative when the clock is set back. */
type Event = { on: number; wait: number } & (
  | { kind: PlainKind | 'supersede' | 'age' }
  | { kind: 'capture'; response: 'first' | 'second' }
  | { kind: 'fail'; delivered: boolean; name: (typeof failureNames)[number] }
);

type PlainKind = 'start' | 'beginDelivery' | 'noteSent' | 'complete';

/** What has happened to a sign-in so far, to judge its record by. */
interface History {
  begun: SignIn;
  /** The response that was captured before any other. */
  captured: CallbackUrl | undefined;
  /** It was sent, and nobody has said since that it certainly did not arrive. */
  mayHaveArrived: boolean;
  /** Superseded or expired. */
  isOver: boolean;
  /** Its response certainly did not arrive, nothing was done about that yet, and at no event was its deadline over. */
  mustBeDeliverable: boolean;
}

interface Step {
  event: Event;
  now: number;
  /** Whether the event was meant for this sign-in, or for another. */
  isMeant: boolean;
  before: SignIn;
  after: SignIn;
  history: History;
}

const servers = ['https://one.example.com', 'https://two.example.com/opencode'].map((url) => ServerUrl.parse(url));
const redirectUri = 'http://localhost:1455/auth/callback' as LoopbackRedirectUri;

/** What must hold after every event, for every sign-in that has started. */
const invariants: Record<string, (step: Step) => boolean> = {
  'never sends a response again that may have arrived': ({ after, history }) =>
    !history.mayHaveArrived ||
    !(
      after.phase === 'captured' ||
      (after.phase === 'delivering' && !after.sent) ||
      (after.phase === 'failed' && 'callbackUrl' in after)
    ),
  'keeps no code once it has ended for good': ({ after }) =>
    !(after.phase === 'completed' || (after.phase === 'failed' && !('callbackUrl' in after))) || !holdsCode(after),
  'keeps the state only while its response must be recognized': ({ after }) => 'armed' in after || !holdsState(after),
  'keeps nothing to deliver, and nothing armed, once it is completed': ({ after }) =>
    after.phase !== 'completed' || !('armed' in after || 'callbackUrl' in after || holdsState(after)),
  'is never delivered once it was superseded or has expired': ({ after, history }) =>
    !history.isOver || (after.phase === 'failed' && !('callbackUrl' in after)),
  'never begins a delivery after its deadline': ({ before, after, now }) =>
    after.phase !== 'delivering' || before.phase === 'delivering' || now <= after.deadline,
  'is completed by nothing but the end of its delivery': ({ event, before, after }) =>
    after.phase !== 'completed' ||
    before.phase === 'completed' ||
    (before.phase === 'delivering' && event.kind === 'complete'),
  'stays completed': ({ before, after }) => before.phase !== 'completed' || after === before,
  'holds the response that was captured first, and no other': ({ after, history }) =>
    !('callbackUrl' in after) || (after.callbackUrl !== undefined && after.callbackUrl === history.captured),
  'keeps its id, server, provider, start and deadline': ({ after, history: { begun } }) =>
    after.id === begun.id &&
    after.server === begun.server &&
    after.provider === begun.provider &&
    after.startedAt === begun.startedAt &&
    after.deadline === begun.startedAt + SIGN_IN_LIFE_MS,
  'keeps the redirect URI and state that it was armed with': ({ after, history: { begun } }) =>
    !('armed' in after) || ('armed' in begun && JSON.stringify(after.armed) === JSON.stringify(begun.armed)),
  'survives being stored': ({ after }) => isDeepStrictEqual(SignIn.parse(JSON.parse(JSON.stringify(after))), after),
  'shows pages neither code nor state': ({ after }) => !holdsCode(viewOf(after)) && !holdsState(viewOf(after)),
  'can be delivered until its deadline while its response certainly did not arrive': ({ after, history }) =>
    !history.mustBeDeliverable ||
    ((after.phase === 'captured' || viewOf(after).canRetry) &&
      beginDelivery(after, after.deadline).phase === 'delivering' &&
      beginDelivery(after, after.deadline + 1).phase === 'failed'),
  'says exactly when it next ages': ({ after }) => {
    const at = agesAt(after);
    if (at === undefined) return age(after, Number.MAX_SAFE_INTEGER) === after;
    return age(after, at) === after && age(after, at + 1) !== after;
  },
};

const usualWay = [
  { kind: 'start' },
  { kind: 'capture', response: 'first' },
  { kind: 'beginDelivery' },
  { kind: 'noteSent' },
] as const;

/** Every step that a record may take. What is not here never happens; what is here must be seen to happen. */
const steps = [
  ['waiting', 'capture', 'captured'],
  ['waiting', 'capture', 'expired'],
  ['waiting', 'supersede', 'superseded'],
  ['waiting', 'age', 'expired'],
  ['captured', 'beginDelivery', 'delivering'],
  ['captured', 'beginDelivery', 'expired'],
  ['captured', 'supersede', 'superseded'],
  ['captured', 'age', 'expired'],
  ['delivering', 'noteSent', 'sent'],
  ['delivering', 'complete', 'completed'],
  ['delivering', 'fail', 'failed'],
  ['delivering', 'fail', 'retryable'],
  ['delivering', 'age', 'failed'],
  ['sent', 'complete', 'completed'],
  ['sent', 'fail', 'failed'],
  // The relay has found that nobody listens: noted as sent, and yet it certainly did not arrive.
  ['sent', 'fail', 'retryable'],
  ['sent', 'age', 'failed'],
  ['retryable', 'beginDelivery', 'delivering'],
  ['retryable', 'beginDelivery', 'expired'],
  ['retryable', 'supersede', 'superseded'],
  ['retryable', 'age', 'expired'],
  ['retryable', 'age', 'failed'],
  ['expired', 'age', 'expired, disarmed'],
  ['superseded', 'age', 'superseded, disarmed'],
].map((step) => step.join(' > '));

// The timeout is for a busy machine: on an idle one, all of it takes a second.
describe('a sign-in, whatever happens in whatever order at whatever time,', { timeout: 30_000 }, () => {
  it.each(Object.entries(invariants))('%s', (_, holds) => {
    fc.assert(
      fc.property(serversOfSignIns(), events(), (serverOf, happening) => {
        live(serverOf, happening, (step) => {
          if (!holds(step)) throw new Error(`does not hold after ${JSON.stringify(step, undefined, 2)}`);
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('takes exactly the steps that are listed, and each of them', () => {
    const seen = new Set<string>();
    const note = ({ event, isMeant, before, after }: Step) => {
      const kind = event.kind === 'start' && !isMeant ? 'supersede' : event.kind;
      if (!isDeepStrictEqual(before, after)) seen.add([placeOf(before), kind, placeOf(after)].join(' > '));
    };
    const happenings = fc.tuple(serversOfSignIns(), events());
    // Enough that the rarest step is seen more than forty times.
    fc.assert(
      fc.property(happenings, ([serverOf, happening]) => live(serverOf, happening, note)),
      { numRuns: 5000 },
    );
    expect([...seen].sort()).toEqual([...steps].sort());
  });
});

/** Lets events happen to one to three sign-ins, and shows every sign-in after each of them. */
function live(serverOf: ServerUrl[], happening: Event[], look: (step: Step) => void): void {
  const all = new Map<number, { signIn: SignIn; history: History }>();
  // As the clock of a real browser: a number that no duration comes near.
  let now = 1_800_000_000_000;
  for (const one of happening) {
    const on = one.on % serverOf.length;
    const event = { ...one, on };
    now += event.wait;
    const server = serverOf[on];
    const isNew = event.kind === 'start' && !all.has(on);
    for (const [index, { signIn: before, history }] of all) {
      const isSuperseded = isNew && before.server === server;
      const after = index === on ? apply(event, before, now) : isSuperseded ? supersede(before, now) : before;
      const next = learn(history, { event, now, isMeant: index === on, before, after });
      all.set(index, { signIn: after, history: next });
      look({ event, now, isMeant: index === on, before, after, history: next });
    }
    if (isNew && server) {
      const armed = { redirectUri, state: `secret-state-${on}`, ruleId: on + 1 };
      const begun = start({ id: `sign-in-${on}`, server, provider: 'openai', armed, now });
      const history = { begun, captured: undefined, mayHaveArrived: false, isOver: false, mustBeDeliverable: false };
      all.set(on, { signIn: begun, history });
      look({ event, now, isMeant: true, before: begun, after: begun, history });
    }
  }
}

function apply(event: Event, signIn: SignIn, now: number): SignIn {
  switch (event.kind) {
    case 'start':
      // The provider's page was reloaded: the same sign-in.
      return signIn;
    case 'capture':
      return capture(signIn, responseOf(event.on, event.response), now);
    case 'beginDelivery':
      return beginDelivery(signIn, now);
    case 'noteSent':
      return noteSent(signIn);
    case 'complete':
      return complete(signIn, now);
    case 'fail':
      return fail(signIn, { name: event.name, detail: 'HTTP 502' }, event.delivered, now);
    case 'supersede':
      return supersede(signIn, now);
    case 'age':
      return age(signIn, now);
  }
}

function learn(history: History, { event, now, isMeant, before, after }: Omit<Step, 'history'>): History {
  const hasFailed = isMeant && event.kind === 'fail' && before.phase === 'delivering';
  const isNowSent = isMeant && event.kind === 'noteSent' && before.phase === 'delivering';
  const isNowCaptured = isMeant && event.kind === 'capture' && before.phase === 'waiting' && after.phase !== 'failed';
  const isTouched = isMeant && (event.kind === 'supersede' || event.kind === 'beginDelivery');
  const isSuperseded = !isMeant && before !== after;
  return {
    begun: history.begun,
    captured: history.captured ?? (isNowCaptured ? responseOf(event.on, event.response) : undefined),
    mayHaveArrived: (history.mayHaveArrived || isNowSent) && !(hasFailed && !event.delivered),
    isOver: history.isOver || (after.phase === 'failed' && ['superseded', 'expired'].includes(after.failure.name)),
    mustBeDeliverable:
      now <= before.deadline &&
      (hasFailed ? !event.delivered : isNowCaptured || (history.mustBeDeliverable && !isTouched && !isSuperseded)),
  };
}

function responseOf(index: number, response: 'first' | 'second'): CallbackUrl {
  return `${redirectUri}?code=secret-code-${response}&state=secret-state-${index}` as CallbackUrl;
}

function placeOf(signIn: SignIn): string {
  if (signIn.phase === 'delivering') return signIn.sent ? 'sent' : 'delivering';
  if (signIn.phase !== 'failed') return signIn.phase;
  if (signIn.callbackUrl) return 'retryable';
  if (signIn.failure.name !== 'expired' && signIn.failure.name !== 'superseded') return 'failed';
  return signIn.armed ? signIn.failure.name : `${signIn.failure.name}, disarmed`;
}

function holdsCode(value: object): boolean {
  return JSON.stringify(value).includes('secret-code');
}

function holdsState(value: object): boolean {
  return JSON.stringify(value).includes('secret-state');
}

/** The server of each of one to three sign-ins. */
function serversOfSignIns(): fc.Arbitrary<ServerUrl[]> {
  return fc.array(fc.constantFrom(...servers), { minLength: 1, maxLength: 3 });
}

/** One to forty events: any, or a stretch of the usual way, as chance alone would hardly ever get to its end. */
function events(): fc.Arbitrary<Event[]> {
  const at = { on: fc.nat({ max: 2 }), wait: waits() };
  const plain = fc.constantFrom<PlainKind[]>('start', 'beginDelivery', 'beginDelivery', 'noteSent', 'complete');
  const event = fc.oneof(
    { weight: 6, arbitrary: fc.record({ ...at, kind: plain }) },
    { weight: 1, arbitrary: fc.record({ ...at, kind: fc.constant('supersede' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ ...at, wait: fc.oneof(waits(), longWaits()), kind: fc.constant('age' as const) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        ...at,
        kind: fc.constant('capture' as const),
        response: fc.constantFrom('first' as const, 'second' as const),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        ...at,
        kind: fc.constant('fail' as const),
        delivered: fc.boolean(),
        // No delivery ends with the other two: they are the words for what happens outside of one.
        name: fc.constantFrom(...failureNames.filter((name) => name !== 'expired' && name !== 'superseded')),
      }),
    },
  );
  const stretch = fc
    .tuple(fc.record(at), fc.integer({ min: 2, max: usualWay.length }))
    .map(([where, length]) => usualWay.slice(0, length).map((usual) => ({ ...where, ...usual })));
  return fc
    .array(fc.oneof({ weight: 6, arbitrary: event.map((one) => [one]) }, { weight: 1, arbitrary: stretch }), {
      minLength: 1,
      maxLength: 40,
      // By itself fast-check prefers short arrays, whatever the maximum.
      size: 'max',
    })
    .map((stretches) => stretches.flat().slice(0, 40));
}

/** Mostly moments, a few of them backward: a clock may be set back. */
function waits(): fc.Arbitrary<number> {
  return fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: -1_000, max: 10_000 }) },
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: longWaits() },
  );
}

/** Exactly as long as a limit, just over it, back by it, or anything. */
function longWaits(): fc.Arbitrary<number> {
  const limits = [SIGN_IN_LIFE_MS, EXPLAIN_LATE_MS, SIGN_IN_LIFE_MS + EXPLAIN_LATE_MS];
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...limits.flatMap((limit) => [limit, limit + 1, -limit])) },
    { weight: 1, arbitrary: fc.integer({ min: -2 * EXPLAIN_LATE_MS, max: 2 * EXPLAIN_LATE_MS }) },
  );
}
