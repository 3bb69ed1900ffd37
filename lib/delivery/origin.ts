import * as z from 'zod/mini';
import type { Target } from '../methods/target';
import type { LoopbackRedirectUri } from '../oauth/loopbackRedirectUri';
import type { Session } from '../opencode/session';
import { Listener, Loopback } from './loopbackRoute';

/** What a delivery has to know of a server. It holds as long as the server runs the same release; its loopback, as long as it runs. */
export const Learnt = z.object({
  version: z.string(),
  /** Absent where the response goes to no listener. */
  loopback: z.optional(Loopback),
  /** What was at the redirect URI while the user logged in. */
  listener: z.optional(Listener),
  terminal: z.optional(z.literal(['/api/pty', '/pty'])),
  /** The server has no login to the target yet: that it has one later proves the success. */
  isNew: z.optional(z.boolean()),
  /** The same of opencode's second API, which keeps logins to ChatGPT of its own. */
  isNewToSecond: z.optional(z.boolean()),
});
export type Learnt = z.infer<typeof Learnt>;

/** What a server knows a waiting sign-in by, the session with it, and what is known here of how it started. */
export interface Origin {
  session: Session;
  target: Target;
  redirectUri: LoopbackRedirectUri;
  /** See `AuthorizationRequest` in lib/oauth/authorizationRequest.ts. */
  inFragment?: true | undefined;
  originator?: string | undefined;
  /** See `WebUiStart` in lib/methods/webUi.ts. */
  directory?: string | undefined;
  /** See `SignIn` in lib/sign-in/signIn.ts. */
  heldBy?: 'web-ui' | undefined;
  learnt?: Learnt | undefined;
}
