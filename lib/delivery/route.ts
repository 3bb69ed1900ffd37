import type { AuthorizationResponse } from '../oauth/authorizationResponse';
import type { Failure } from '../opencode/failure';

/**
 * One way for a response to a server. What is harmless has been asked before there is one: see `learnServer`. The `code`
 * route is answered with the outcome; the others tell an end only when the response is certainly not there.
 */
export type Route = RouteOf<'code', Delivery> | RouteOf<'callback-url' | 'loopback' | 'terminal', Delivery | undefined>;

interface RouteOf<Kind, End> {
  kind: Kind;
  /**
   * Sends the response.
   * @param completed aborted when the sign-in has completed meanwhile, so that the end of the way does not matter
   */
  send(response: AuthorizationResponse, completed: AbortSignal): Promise<End>;
}

/** How a delivery ended. */
export type Delivery = { kind: 'completed' } | { kind: 'failed'; failure: Failure; remains: Remains };

/**
 * What can still be done: `send` it again, only when it certainly did not reach the listener; `ask` again how it ended,
 * when it may have; or `nothing`, when the server has said how.
 */
export type Remains = 'send' | 'ask' | 'nothing';

export const completed: Delivery = { kind: 'completed' };

/** A delivery that has failed, and what can still be done. */
export function failed(failure: Failure, remains: Remains): Delivery {
  return { kind: 'failed', failure, remains };
}
