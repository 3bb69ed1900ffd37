import type { Target } from '../methods/target';
import type { LoopbackRedirectUri } from '../oauth/loopbackRedirectUri';
import type { Learnt } from './learnServer';

/** What a server knows a waiting sign-in by, and what is known here of how it started. */
export interface Origin {
  target: Target;
  redirectUri: LoopbackRedirectUri;
  /** See `AuthorizationRequest` in lib/oauth/authorizationRequest.ts. */
  inFragment?: true | undefined;
  /** See `WebUiStart` in lib/methods/webUi.ts. */
  directory?: string | undefined;
  /** See `SignIn` in lib/sign-in/signIn.ts. */
  heldBy?: 'web-ui' | undefined;
  learnt?: Learnt | undefined;
}
