import { type LoopbackRedirectUri, parseLoopbackRedirectUri } from './loopbackRedirectUri';

/** An authorization request (RFC 6749 §4.1.1) whose response will come back to the user's own machine. */
export interface AuthorizationRequest {
  redirectUri: LoopbackRedirectUri;
  state: string;
}

/** A state longer than this is no random value, and would not fit into a capture rule (Chromium allows a regex 2 kB of memory). */
const LONGEST_STATE = 256;

/**
 * Reads the URL that a browser opens at the provider to start a sign-in.
 * @returns undefined unless it asks for a code, with exactly one loopback `redirect_uri` and exactly one `state`
 */
export function parseAuthorizationRequest(url: string): AuthorizationRequest | undefined {
  if (!URL.canParse(url)) return undefined;
  const query = new URL(url).searchParams;
  const only = (name: string) => (query.getAll(name).length === 1 ? (query.get(name) ?? '') : '');
  const redirectUri = parseLoopbackRedirectUri(only('redirect_uri'));
  const state = only('state');
  if (only('response_type') !== 'code' || !redirectUri) return undefined;
  if (!isUnreserved(state) || state.length > LONGEST_STATE) return undefined;
  return { redirectUri, state };
}

/** Whether a value is made of URI-unreserved characters only (RFC 3986 §2.3), and so looks the same in every URL. */
function isUnreserved(value: string): boolean {
  return /^[A-Za-z0-9._~-]+$/.test(value);
}
