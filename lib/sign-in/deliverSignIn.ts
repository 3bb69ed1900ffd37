import { parseAuthorizationResponse } from '../oauth/authorizationResponse';
import { type Delivery, deliverResponse, recoverOutcome } from '../opencode/deliverResponse';
import { identifyServer } from '../opencode/identifyServer';
import { getServer } from '../servers/serverStore';
import { advance } from './progress';
import { type InPhase, type SignInView, viewOf } from './signIn';
import { beginDelivery, complete, fail, handOver, noteSent } from './transitions';

/**
 * Delivers a sign-in's response, or, if an earlier run may have sent it already, asks the server for the outcome.
 * However many pages and clicks ask for it, it happens once: a later call waits for the earlier and sees its end.
 * @returns how the sign-in stands afterwards
 */
export function deliverSignIn(id: string): Promise<SignInView | undefined> {
  return navigator.locks.request(`sign-in/${id}`, async () => {
    const signIn = await advance(id, (current) => beginDelivery(current, Date.now()));
    if (signIn?.phase !== 'delivering') return signIn && viewOf(signIn);
    const delivery = await attempt(signIn);
    const ended = await advance(id, (current) =>
      delivery.kind === 'completed'
        ? complete(current, Date.now())
        : fail(current, delivery.failure, delivery.remains, Date.now()),
    );
    return ended && viewOf(ended);
  });
}

/**
 * Gives the callback URL to the user, who finishes by hand. It counts as sent from now on.
 * @returns undefined when the sign-in cannot be finished any more
 */
export async function handOverSignIn(id: string): Promise<string | undefined> {
  let callbackUrl: string | undefined;
  await advance(id, (current) => {
    const handedOver = handOver(current, Date.now());
    if (handedOver !== current && handedOver.phase === 'delivering') callbackUrl = handedOver.callbackUrl;
    return handedOver;
  });
  return callbackUrl;
}

async function attempt(signIn: InPhase<'delivering'>): Promise<Delivery> {
  const response = parseAuthorizationResponse(signIn.callbackUrl, signIn.armed);
  if (!response) return { kind: 'failed', failure: { name: 'answer-unclear' }, remains: 'nothing' };
  const identification = await identifyServer(signIn.server);
  if (identification.kind === 'failure') {
    return { kind: 'failed', failure: identification.failure, remains: signIn.sent ? 'ask' : 'send' };
  }
  const { target, heldBy, armed } = signIn;
  const origin = { target, heldBy, directory: armed.directory, isNew: armed.isNew };
  if (signIn.sent) return recoverOutcome(identification.server, origin, response);
  return deliverResponse(identification.server, origin, response, {
    template: (await getServer(signIn.server))?.callbackTemplate,
    beforeSending: async ({ isNew }) =>
      (await advance(signIn.id, (before) => noteSent(before, isNew)))?.phase === 'delivering',
  });
}
