import { stayAwake } from '../browser/stayAwake';
import { deliverResponse, type Preparation, prepareDelivery, recoverOutcome } from '../delivery/deliverResponse';
import { learnServer } from '../delivery/learnServer';
import type { Origin } from '../delivery/origin';
import { type Delivery, failed } from '../delivery/route';
import { noteWay } from '../delivery/way';
import { capabilitiesOf } from '../methods/capabilities';
import { takeUpLogin } from '../methods/connections';
import { lastDirectory } from '../methods/webUi';
import { parseAuthorizationResponse } from '../oauth/authorizationResponse';
import type { Failure } from '../opencode/failure';
import { identifyServer, type ReachedServer } from '../opencode/identifyServer';
import { getServer } from '../servers/serverStore';
import { advance } from './progress';
import { type ArmedSignIn, type InPhase, type SignIn, type SignInView, viewOf } from './signIn';
import { getSignIn } from './signInStore';
import { beginDelivery, complete, fail, handOver, learn, noteSent } from './transitions';

/** The deliveries that are under way. */
const underWay = new Map<string, Promise<SignInView | undefined>>();

/**
 * Delivers a sign-in's response, or, if an earlier run may have sent it already, asks the server for the outcome.
 * However many navigations, pages and clicks ask for it, it is sent once: who asks while it is under way sees its end.
 * Afterwards, what could not be sent is tried again.
 * @returns how the sign-in stands afterwards
 */
export function deliverSignIn(id: string): Promise<SignInView | undefined> {
  const delivery = underWay.get(id) ?? stayAwake(deliver(id)).finally(() => underWay.delete(id));
  underWay.set(id, delivery);
  return delivery;
}

function deliver(id: string): Promise<SignInView | undefined> {
  // The lock is for a background that the browser has ended, and that is not quite gone yet.
  return navigator.locks.request(`sign-in/${id}`, async () => {
    const signIn = await advance(id, (current) => beginDelivery(current, Date.now()));
    if (signIn?.phase !== 'delivering') return signIn && viewOf(signIn);
    const delivery = await attempt(signIn);
    const ended = await advance(id, (current) =>
      delivery.kind === 'completed'
        ? complete(current, Date.now())
        : fail(current, delivery.failure, delivery.remains, Date.now()),
    );
    if (delivery.kind === 'completed') await takeUpNewLogin(signIn);
    return ended && viewOf(ended);
  });
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

async function attempt(signIn: InPhase<'delivering'>): Promise<Delivery> {
  const { server, sent, callbackUrl } = signIn;
  const response = callbackUrl && parseAuthorizationResponse(callbackUrl, signIn.armed);
  if (!response) return failed({ name: 'answer-unclear' }, 'nothing');
  if (!(await getServer(server))) return failed({ name: 'server-removed' }, 'nothing');
  if (sent) {
    const identification = await identifyServer(server);
    return identification.kind === 'opencode'
      ? recoverOutcome(originOf(signIn, identification.server), response)
      : failed(identification.failure, 'ask');
  }
  const preparation = await prepare(signIn);
  if ('name' in preparation) return failed(preparation, 'send');
  const { learnt } = preparation.origin;
  return deliverResponse(preparation, response, async () => {
    if (!(await getServer(server))) return false;
    return (await advance(signIn.id, (before) => noteSent(learn(before, learnt))))?.phase === 'delivering';
  });
}

/** opencode's web UI has the server take up the logins that it started itself. For the others, we do. */
async function takeUpNewLogin({ server, target, startedHere }: SignIn): Promise<void> {
  if (!startedHere || !capabilitiesOf(target).needsTakingUp) return;
  const [identification, directory] = await Promise.all([identifyServer(server), lastDirectory(server)]);
  if (identification.kind === 'opencode') await takeUpLogin(identification.server, new Set([undefined, directory]));
}

/** A sign-in has started: while the user logs in, its server is asked what a delivery has to know. */
export async function learnForDelivery(signIn: ArmedSignIn): Promise<void> {
  const identification = await identifyServer(signIn.server);
  if (identification.kind === 'failure') return;
  const learnt = await learnServer(originOf(signIn, identification.server));
  if (!learnt) return;
  await noteWay(signIn.server, learnt);
  await advance(signIn.id, (current) => learn(current, learnt));
}

async function prepare(signIn: ArmedSignIn): Promise<Preparation | Failure> {
  const [identification, known] = await Promise.all([identifyServer(signIn.server), getServer(signIn.server)]);
  if (identification.kind === 'failure') return identification.failure;
  return prepareDelivery(originOf(signIn, identification.server), known?.callbackTemplate);
}

function originOf({ target, heldBy, armed }: ArmedSignIn, server: ReachedServer): Origin {
  return { server, target, heldBy, ...armed };
}
