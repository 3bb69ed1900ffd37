import { stayAwake } from '../browser/stayAwake';
import { deliverResponse, recoverOutcome } from '../delivery/deliverResponse';
import { recogniserOf } from '../delivery/loopbackRoute';
import type { Learnt, Origin } from '../delivery/origin';
import { type Delivery, failed } from '../delivery/route';
import { learnWay } from '../delivery/way';
import { capabilitiesOf, goesToListener, seenMethod, seenRedirectUri } from '../methods/capabilities';
import { takeUpLogin } from '../methods/connections';
import { lastDirectory } from '../methods/webUi';
import { type AuthorizationResponse, parseAuthorizationResponse } from '../oauth/authorizationResponse';
import type { Failure } from '../opencode/failure';
import { openSession } from '../opencode/session';
import { note } from '../opencode/trace';
import { serversAtHand } from '../servers/serverMemory';
import { getServer } from '../servers/serverStore';
import type { ServerUrl } from '../servers/serverUrl';
import { advance } from './progress';
import { type ArmedSignIn, type InPhase, type SignIn, type SignInView, viewOf } from './signIn';
import { getSignIn } from './signInStore';
import { beginDelivery, complete, fail, handOver, keepTrace, learn, noteSent } from './transitions';

/**
 * Delivers a sign-in's response, or, if an earlier run may have sent it already, asks the server for the outcome.
 * However many navigations, pages and clicks ask for it, it is sent once: who asks while it is under way sees its end.
 * Afterwards, what could not be sent is tried again.
 * @returns how the sign-in stands afterwards
 */
export function deliverSignIn(id: string): Promise<SignInView | undefined> {
  return once(id, async () => {
    const signIn = await advance(id, (current) => beginDelivery(current, Date.now()));
    if (signIn?.phase !== 'delivering') return signIn;
    const { callbackUrl, armed } = signIn;
    return deliver(signIn, callbackUrl && parseAuthorizationResponse(callbackUrl, armed));
  });
}

/** Delivers a response that has just been taken, whose sign-in has begun its delivery. */
export function deliverTaken(
  signIn: InPhase<'delivering'>,
  response: AuthorizationResponse,
): Promise<SignInView | undefined> {
  return once(signIn.id, () => deliver(signIn, response));
}

/** The deliveries that are under way. */
const underWay = new Map<string, Promise<SignInView | undefined>>();

/** The lock is for a background that the browser has ended, and that is not quite gone yet. */
function once(id: string, work: () => Promise<SignIn | undefined>): Promise<SignInView | undefined> {
  const begin = async () => {
    const ended = await navigator.locks.request(`sign-in/${id}`, work);
    return ended && viewOf(ended);
  };
  const delivery = underWay.get(id) ?? stayAwake(begin()).finally(() => underWay.delete(id));
  underWay.set(id, delivery);
  return delivery;
}

async function deliver(signIn: InPhase<'delivering'>, response?: AuthorizationResponse): Promise<SignIn | undefined> {
  const trace: string[] = [];
  const delivery = await attempt(signIn, trace, response);
  const ended = await advance(signIn.id, (before) => {
    const current = keepTrace(before, trace);
    return delivery.kind === 'completed'
      ? complete(current, Date.now())
      : fail(current, delivery.failure, delivery.remains, Date.now());
  });
  if (delivery.kind === 'completed') await takeUpNewLogin(signIn);
  return ended;
}

/**
 * The callback URL, for the user to finish by hand.
 * @returns undefined when the sign-in cannot be finished any more
 */
export async function callbackUrlOf(id: string): Promise<string | undefined> {
  const signIn = await getSignIn(id);
  const handedOver = signIn && handOver(signIn, Date.now());
  return handedOver?.phase === 'delivering' && handedOver !== signIn ? handedOver.callbackUrl : undefined;
}

/** The user has the callback URL, on the clipboard or on the page: it counts as sent from now on. */
export async function handOverSignIn(id: string): Promise<void> {
  await advance(id, (current) => handOver(current, Date.now()));
}

async function attempt(
  signIn: InPhase<'delivering'>,
  trace: string[],
  response?: AuthorizationResponse,
): Promise<Delivery> {
  const { id, server: url, sent, armed } = signIn;
  if (!response) return failed({ name: 'answer-unclear' }, 'nothing');
  // One that was added a moment ago may not be remembered yet.
  const known = (await serversAtHand()).find((server) => server.url === url) ?? (await getServer(url));
  if (!known) return failed({ name: 'server-removed' }, 'nothing');
  const session = await openSession(url, trace, recogniserOf(armed.learnt?.loopback, armed.directory));
  if ('name' in session) return failed(session, sent ? 'ask' : 'send');
  const origin = { ...originOf(signIn), session };
  if (sent) return recoverOutcome(origin, response);
  return deliverResponse(origin, response, known.callbackTemplate, async (learnt, route) => {
    note(trace, `route ${route}`);
    // From the browser, which may know more by now.
    if (!(await getServer(url))) return false;
    return (await advance(id, (before) => noteSent(learn(before, learnt))))?.phase === 'delivering';
  });
}

/** opencode's web UI has the server take up the logins that it started itself. For the others, we do. */
async function takeUpNewLogin(signIn: SignIn): Promise<void> {
  const { server, target, startedHere } = signIn;
  const isOurs = startedHere || !goesToListener(signIn);
  if (!isOurs || !capabilitiesOf(target).needsTakingUp) return;
  const [session, directory] = await Promise.all([openSession(server), lastDirectory(server)]);
  if ('channel' in session) await takeUpLogin(session, new Set([undefined, directory]));
}

/** A sign-in has started: while the user logs in, its server is asked what a delivery has to know. */
export async function learnForDelivery(signIn: ArmedSignIn): Promise<void> {
  // One after the other, if they wait still: each reads answers that may be long, and a server's page can start any number.
  const isWaiting = async () => (await getSignIn(signIn.id))?.phase === 'waiting';
  const learnt = await navigator.locks.request(
    `learn/${signIn.server}`,
    async () => (await isWaiting()) && learnWay(signIn.server, originOf(signIn), isWaiting),
  );
  if (!learnt || 'name' in learnt) return;
  await advance(signIn.id, (current) => learn(current, learnt));
}

/** The user wants to know whether a sign-in would work: the same, as for one to ChatGPT. */
export async function rehearse(server: ServerUrl): Promise<Learnt | Failure | undefined> {
  const directory = await lastDirectory(server);
  return learnWay(server, { target: seenMethod, redirectUri: seenRedirectUri, directory }, async () => true);
}

function originOf({ target, heldBy, armed }: ArmedSignIn): Omit<Origin, 'session'> {
  return { target, heldBy, ...armed };
}
