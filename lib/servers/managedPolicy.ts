import { browser } from 'wxt/browser';
import * as z from 'zod/mini';
import { Server } from './server';

/**
 * What an administrator has set for this browser (`storage.managed`; docs/deploy/managed-policy.md). Strict: a policy with a
 * mistake in it is reported and not used at all, so that nobody relies on half of one.
 */
const Policy = z.strictObject({
  /** Servers that are there for every user, and that users cannot change. */
  servers: z._default(z.array(Server), []),
  /** Whether users may add servers of their own. */
  allowOtherServers: z._default(z.boolean(), true),
});
export type Policy = z.infer<typeof Policy>;

export type PolicyReading = { policy: Policy; problem?: string };

const none: Policy = { servers: [], allowOtherServers: true };

/** Reads the policy; without one, or with a malformed one, everything is the user's own choice. */
export async function readPolicy(): Promise<PolicyReading> {
  // Firefox rejects where no policy is set.
  const stored = await browser.storage.managed.get().catch(() => ({}));
  const parsed = z.safeParse(Policy, stored);
  if (parsed.success) return { policy: parsed.data };
  const [issue] = parsed.error.issues;
  return { policy: none, problem: [issue?.path.join('.'), issue?.message].filter(Boolean).join(': ') };
}
