import * as z from 'zod/mini';
import { Learnt } from '../delivery/origin';
import { goesToListener, takenBy } from '../methods/capabilities';
import { Target } from '../methods/target';
import { parseLoopbackRedirectUri } from '../oauth/loopbackRedirectUri';
import { Failure } from '../opencode/failure';
import { ServerUrl } from '../servers/serverUrl';
import { Binding } from './binding';

/** As `parseLoopbackRedirectUri` reads one. */
export const RedirectUri = z
  .string()
  .check(z.refine((text) => parseLoopbackRedirectUri(text) !== undefined))
  .brand<'LoopbackRedirectUri'>();
/** Compared with its sign-in when it was captured, and again before it is delivered. */
const StoredCallbackUrl = z.string().brand<'CallbackUrl'>();

/** What a sign-in needs as long as its response may still come: removed with its capture rule. */
const Armed = z.object({
  redirectUri: RedirectUri,
  state: z.optional(z.string()),
  inFragment: z.optional(z.literal(true)),
  challenge: z.optional(z.string()),
  originator: z.optional(z.string()),
  /** Somebody else has asked with its state, and so knows it: its own tabs alone count from then on. */
  isContested: z.optional(z.literal(true)),
  ruleId: z.number(),
  binding: Binding,
  /** What was learnt of the server while the user logged in. */
  learnt: z.optional(Learnt),
  /** The project's directory: see `WebUiStart` in lib/methods/webUi.ts. */
  directory: z.optional(z.string()),
});
export type Armed = z.infer<typeof Armed>;

/** How a response arrived. */
const Arrival = z.object({
  /** Opened again, from the browser's history, the response is known by this to have been dealt with. */
  digest: z.string(),
  /** The tab whose navigation it was; absent when the user gave the response to a server. */
  tabId: z.optional(z.number()),
  /** When its navigation was seen to have led elsewhere than to our page: something else got the response, too. */
  divertedAt: z.optional(z.number()),
});
export type Arrival = z.infer<typeof Arrival>;

const common = {
  id: z.string(),
  server: ServerUrl,
  target: Target,
  /**
   * Set when it was started in opencode's web UI, as far as is known, and the call that tells its outcome is the web UI's own:
   * a second one could spoil the sign-in (see `isOwnChatGpt` in lib/methods/capabilities.ts).
   */
  heldBy: z.optional(z.literal('web-ui')),
  /** The extension started it, so no web UI tells the server to take its new login up. */
  startedHere: z.optional(z.literal(true)),
  /** Set when its response has been taken. */
  arrival: z.optional(Arrival),
  /** What its server was asked for its last delivery, and how that was answered: see lib/opencode/trace.ts. */
  trace: z.optional(z.array(z.string())),
  /** Milliseconds since the epoch. */
  startedAt: z.number(),
  deadline: z.number(),
};

/**
 * One login from start to end. Times are milliseconds since the epoch; a `callbackUrl` holds the code and is there only
 * while it could still be used.
 */
export const SignIn = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('waiting'), ...common, armed: Armed }),
  z.object({ phase: z.literal('captured'), ...common, armed: Armed, callbackUrl: StoredCallbackUrl }),
  /**
   * `sent` is set right before the response leaves for the listener: from then on it may have arrived. `superseded` is
   * set when another sign-in starts on the server after that: then it is not tried again. After the deadline nothing is left
   * of the response; its outcome may still come.
   */
  z.object({
    phase: z.literal('delivering'),
    ...common,
    armed: Armed,
    callbackUrl: z.optional(StoredCallbackUrl),
    sent: z.boolean(),
    superseded: z.optional(z.boolean()),
  }),
  /**
   * With `callbackUrl` it can be tried again until the deadline: to deliver it or, if it was `sent`, to learn the outcome.
   * `armed` stays while a late response must be explained.
   */
  z.object({
    phase: z.literal('failed'),
    ...common,
    failure: Failure,
    endedAt: z.number(),
    armed: z.optional(Armed),
    callbackUrl: z.optional(StoredCallbackUrl),
    sent: z.optional(z.boolean()),
  }),
  z.object({ phase: z.literal('completed'), ...common, endedAt: z.number() }),
]);
export type SignIn = z.infer<typeof SignIn>;
export type Phase = SignIn['phase'];
export type InPhase<P extends Phase> = Extract<SignIn, { phase: P }>;

/** A sign-in whose response may still come, or is there. */
export type ArmedSignIn = Exclude<SignIn, InPhase<'completed'>> & { armed: Armed };

export function isArmed(signIn: SignIn): signIn is ArmedSignIn {
  return 'armed' in signIn && signIn.armed !== undefined;
}

/** What pages are told of a sign-in: no code, no state. */
export interface SignInView {
  id: string;
  server: ServerUrl;
  target: Target;
  phase: Phase;
  sent: boolean;
  failure: Failure | undefined;
  canRetry: boolean;
  /** Whether the user could still deliver it by hand: on the server's machine, or in opencode's field for it. */
  canHandOver: boolean;
  /** Whether all is known that it takes to start it once more. */
  canStartAgain: boolean;
  /** Something else got the response, too: another extension, or a program on this computer. */
  isDiverted: boolean;
  trace: string[];
  startedAt: number;
  deadline: number;
  endedAt: number | undefined;
}

export function viewOf(signIn: SignIn): SignInView {
  const { id, server, target, heldBy, phase, startedAt, deadline } = signIn;
  const canRetry = signIn.phase === 'failed' && signIn.callbackUrl !== undefined;
  const isUsable = goesToListener(signIn) && !(isArmed(signIn) && signIn.armed.inFragment);
  const isByHand = takenBy(target) !== undefined || (isUsable && !wasSent(signIn));
  return {
    ...{ id, server, target, phase, startedAt, deadline },
    sent: wasSent(signIn),
    failure: signIn.phase === 'failed' ? signIn.failure : undefined,
    canRetry,
    canHandOver: canRetry && isByHand,
    canStartAgain: !heldBy,
    isDiverted: signIn.arrival?.divertedAt !== undefined,
    trace: signIn.trace ?? [],
    endedAt: 'endedAt' in signIn ? signIn.endedAt : undefined,
  };
}

/** Whether its response has left: it may have reached the server. */
export function wasSent(signIn: SignIn): boolean {
  return !!(signIn as { sent?: boolean }).sent;
}
