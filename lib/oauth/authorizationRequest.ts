import { type LoopbackRedirectUri, parseLoopbackRedirectUri } from './loopbackRedirectUri';

/** An authorization request (RFC 6749 §4.1.1, §4.2.1) whose response will come back to the user's own machine. */
export interface AuthorizationRequest {
  redirectUri: LoopbackRedirectUri;
  /** Absent where the client sends none (Poe in opencode 1.18.33); then the response has none either. */
  state?: string | undefined;
  /** The response is a token in the redirect URI's fragment (RFC 6749 §4.2.2), and not a code in its query. */
  inFragment?: true | undefined;
}

/** A state longer than this is no random value. */
const LONGEST_STATE = 256;

/**
 * Reads the URL that a browser opens at the provider to start a sign-in.
 * @returns undefined unless it asks for a code or a token, with exactly one loopback `redirect_uri` and at most one `state`
 */
export function parseAuthorizationRequest(url: string): AuthorizationRequest | undefined {
  if (!URL.canParse(url)) return undefined;
  const query = new URL(url).searchParams;
  const only = (name: string) => (query.getAll(name).length === 1 ? (query.get(name) ?? '') : '');
  const redirectUri = parseLoopbackRedirectUri(only('redirect_uri'));
  const responseType = only('response_type');
  if (!redirectUri || (responseType !== 'code' && responseType !== 'token')) return undefined;
  const state = query.has('state') ? only('state') : undefined;
  if (state !== undefined && (!isUnreserved(state) || state.length > LONGEST_STATE)) return undefined;
  return {
    redirectUri,
    ...(state === undefined ? {} : { state }),
    ...(responseType === 'token' ? { inFragment: true as const } : {}),
  };
}

/** Whether a value is made of URI-unreserved characters only (RFC 3986 §2.3), and so looks the same in every URL. */
function isUnreserved(value: string): boolean {
  return /^[A-Za-z0-9._~-]+$/.test(value);
}
