// With its extension: Node runs this file as it is, for npm run screenshots.
import * as z from 'zod/mini';

/** Every way in which a sign-in, or the check of a server, can end badly. Each has a text and a next step in `locales`. */
export const failureNames = [
  'server-unreachable',
  'certificate-refused',
  'permission-withdrawn',
  'forbidden-by-policy',
  'password-required',
  'login-required',
  'not-opencode',
  'not-started',
  'no-help-needed',
  'terminal-unavailable',
  'callback-url-elsewhere',
  'nobody-waiting',
  'expired',
  'superseded',
  'server-removed',
  'refused-by-provider',
  'refused-at-exchange',
  'answer-unclear',
  'not-armed',
] as const;
export type FailureName = (typeof failureNames)[number];

export const Failure = z.object({
  name: z.literal(failureNames),
  /** What the provider or the network said, for the curious. Never a secret. */
  detail: z.optional(z.string()),
});
export type Failure = z.infer<typeof Failure>;

/** Whether somebody answers in opencode's place who wants to know who asks: opencode may well be behind it. */
export function asksForLogin({ name }: Failure): boolean {
  return name === 'password-required' || name === 'login-required';
}
