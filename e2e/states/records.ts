/** Sign-ins as the extension remembers them, each moved to where it is by the extension's own transitions. */

import { chatGpt, type Target } from '../../lib/methods/target.ts';
import type { CallbackUrl } from '../../lib/oauth/authorizationResponse.ts';
import type { LoopbackRedirectUri } from '../../lib/oauth/loopbackRedirectUri.ts';
import type { FailureName } from '../../lib/opencode/failure.ts';
import type { ServerUrl } from '../../lib/servers/serverUrl.ts';
import type { SignIn } from '../../lib/sign-in/signIn.ts';
import {
  abandon,
  beginDelivery,
  capture,
  complete,
  divert,
  fail,
  failToArm,
  noteSent,
  start,
  supersede,
} from '../../lib/sign-in/transitions.ts';

const redirectUri = 'http://localhost:1455/auth/callback' as LoopbackRedirectUri;
const server = 'https://opencode.example.com' as ServerUrl;

interface Given {
  /** As opencode knows it. */
  state?: string;
  /** How long ago it started. */
  minutesAgo?: number;
  /** ChatGPT when absent. */
  target?: Target;
}

export function waiting(given: Given = {}): SignIn {
  return start({
    id: crypto.randomUUID(),
    server,
    target: given.target ?? chatGpt,
    armed: { redirectUri, state: stateOf(given), ruleId: 1, binding: { kind: 'user' } },
    now: Date.now() - (given.minutesAgo ?? 0) * 60_000,
  });
}

export function captured(given: Given = {}): SignIn {
  const signIn = waiting(given);
  return capture(signIn, callbackUrlOf(given), signIn.startedAt);
}

export function completed(given: Given = {}): SignIn {
  return complete(delivering(given), Date.now());
}

/** Signed in, and something else got the response, too. */
export function diverted(): SignIn {
  return divert({ ...completed(), arrival: { digest: 'made up' } }, Date.now());
}

export function failed(name: FailureName, given: Given = {}): SignIn {
  const end = endings[name];
  return end ? end(given) : fail(delivering(given), { name }, 'send', Date.now());
}

/** The failures that are not just a delivery that can be tried again. */
const endings: Partial<Record<FailureName, (given: Given) => SignIn>> = {
  'callback-url-elsewhere': (given) => {
    return fail(delivering(given), { name: 'callback-url-elsewhere', detail: 'HTTP 404' }, 'send', Date.now());
  },
  'server-removed': (given) => abandon(delivering(given), 'server-removed', Date.now()),
  'nobody-waiting': (given) => fail(delivering(given), { name: 'nobody-waiting' }, 'nothing', Date.now()),
  'refused-at-exchange': (given) => fail(delivering(given), { name: 'refused-at-exchange' }, 'nothing', Date.now()),
  'refused-by-provider': (given) => {
    const detail = 'access_denied: The resource owner denied the request';
    return fail(delivering(given), { name: 'refused-by-provider', detail }, 'nothing', Date.now());
  },
  'answer-unclear': (given) => fail(noteSent(delivering(given)), { name: 'answer-unclear' }, 'ask', Date.now()),
  expired: (given) => {
    const signIn = waiting(given);
    return capture(signIn, callbackUrlOf(given), signIn.deadline + 1);
  },
  superseded: (given) => supersede(waiting(given), Date.now()),
  'not-armed': (given) => {
    const signIn = waiting(given);
    return signIn.phase === 'waiting' ? failToArm(signIn, Date.now()) : signIn;
  },
};

function delivering(given: Given): SignIn {
  const signIn = captured(given);
  return beginDelivery(signIn, signIn.startedAt);
}

function stateOf({ state = 'the-state-of-a-sign-in' }: Given): string {
  return state;
}

function callbackUrlOf(given: Given): CallbackUrl {
  return `${redirectUri}?code=ac_made_up&state=${stateOf(given)}` as CallbackUrl;
}
