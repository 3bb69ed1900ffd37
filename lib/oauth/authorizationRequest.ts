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
/** Shorter than every random value; 128 bits take 22 characters (RFC 6749 §10.10). */
const SHORTEST_UNGUESSABLE = 16;
const LONGEST_URL = 16_384;

/**
 * Reads the URL that a browser opens at the provider to start a sign-in.
 * @param plainHosts hosts that it may name with `http`, as `URL.host` has them: those that the user typed. Any other
 * scheme than `https` is none of a provider's (RFC 6749 §3.1), and a server may name any URL
 * @returns undefined unless it asks for a code or a token, with exactly one loopback `redirect_uri` and at most one `state`
 */
export function parseAuthorizationRequest(
  url: string,
  plainHosts: readonly string[] = [],
): AuthorizationRequest | undefined {
  if (url.length > LONGEST_URL || !URL.canParse(url)) return undefined;
  const { protocol, host, username, password, searchParams: query } = new URL(url);
  if (protocol !== 'https:' && !(protocol === 'http:' && plainHosts.includes(host))) return undefined;
  if (username || password) return undefined;
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

/**
 * Whether its state alone tells a response to this request from every other one, in whatever tab it comes. One that is missing
 * or can be guessed may be that of another program's sign-in: such a response counts only in the tab that was opened for it.
 * A `~` does not count: a capture rule cannot tell it (lib/browser/captureRule.ts).
 */
export function isBoundByState({ state }: AuthorizationRequest): boolean {
  return state !== undefined && state.replaceAll('~', '').length >= SHORTEST_UNGUESSABLE;
}

/**
 * Whether a value is made of URI-unreserved characters only (RFC 3986 §2.3). They look the same in every URL, but for `~`: a
 * form's encoding makes `%7E` of it (URL Standard, `URLSearchParams`; Java's `URLEncoder`), RFC 3986's does not.
 */
function isUnreserved(value: string): boolean {
  return /^[A-Za-z0-9._~-]+$/.test(value);
}
