import { browser } from 'wxt/browser';
import * as z from 'zod/mini';
import { pause } from '../browser/pause';
import { placeOfMistake } from './placeOfMistake';
import { type Server, StrictServer } from './server';

/**
 * What an administrator has set for this browser (`storage.managed`; docs/deploy/managed-policy.md). Strict: a policy with a
 * mistake in it is reported and not used at all, so that nobody relies on half of one.
 */
const Policy = z.strictObject({
  /** Servers that are there for every user, and that users cannot change. */
  servers: z.optional(z.array(StrictServer)),
  /** Whether users may add servers of their own. */
  allowOtherServers: z.optional(z.boolean()),
});
export type Policy = { servers: Server[]; allowOtherServers: boolean };

export type PolicyReading = { policy: Policy; problem?: string };

const none: Policy = { servers: [], allowOtherServers: true };

/** Longer than a browser takes that knows its policies. */
const SOON_MS = 100;

/**
 * The policy for what is shown, which does not wait for a browser that has just been started: Chromium reads its policies
 * after everything else, two to three seconds later (measured, 156). What is done waits for `readPolicy`.
 * @returns the policy, and at first none if it is not there soon
 */
export async function* readPolicyToShow(): AsyncGenerator<PolicyReading> {
  const reading = readPolicy();
  const soon = await Promise.race([reading, pause(SOON_MS)]);
  if (!soon) yield { policy: none };
  yield reading;
}

/** Reads the policy; without one, or with a malformed one, everything is the user's own choice. */
export async function readPolicy(): Promise<PolicyReading> {
  // Firefox rejects where no policy is set.
  const stored = await browser.storage.managed.get().catch(() => ({}));
  const { data, error } = Policy.safeParse(stored);
  if (error) return { policy: none, problem: placeOfMistake(error) };
  const { servers = [], allowOtherServers = true } = data;
  return { policy: { servers, allowOtherServers } };
}
