import { type LoopbackRedirectUri, parseLoopbackRedirectUri } from './loopbackRedirectUri';

/** An authorization request (RFC 6749 §4.1.1, §4.2.1) whose response will come back to the user's own machine. */
export interface AuthorizationRequest {
  redirectUri: LoopbackRedirectUri;
  /** Absent where the client sends none (Poe in opencode 1.18.33); then the response has none either. */
  state?: string | undefined;
  /** The response is a token in the redirect URI's fragment (RFC 6749 §4.2.2), and not a code in its query. */
  inFragment?: true | undefined;
  /** What the code can be exchanged against (RFC 7636 §4.3): with the state, it tells one request from every other. */
  challenge?: string | undefined;
  /** The program that asks, as it names itself to OpenAI. */
  originator?: string | undefined;
}

/** Plugins put more than a random value into it: a PKCE verifier, a project (opencode-antigravity-auth 1.6.0). */
const LONGEST_STATE = 2_048;
/** RFC 7636 §4.2: longer than every digest. And longer than every program's name. */
const LONGEST_CHALLENGE = 128;
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
  const state = query.has('state') ? plainState(only('state')) : undefined;
  if (state !== undefined && (!STATE.test(state) || state.length > LONGEST_STATE)) return undefined;
  const challenge = only('code_challenge').slice(0, LONGEST_CHALLENGE);
  const originator = only('originator').slice(0, LONGEST_CHALLENGE);
  return {
    redirectUri,
    ...(state === undefined ? {} : { state }),
    ...(challenge ? { challenge } : {}),
    ...(originator ? { originator } : {}),
    ...(responseType === 'token' ? { inFragment: true as const } : {}),
  };
}

/**
 * Whether its state alone tells a response to this request from every other one, in whatever tab it comes. One that is missing
 * or can be guessed may be that of another program's sign-in: such a response counts only in the tab that was opened for it.
 */
export function isBoundByState({ state }: AuthorizationRequest): boolean {
  return state !== undefined && state.length >= SHORTEST_UNGUESSABLE;
}

/** URI-unreserved characters (RFC 3986 §2.3), and those that base64 has besides (RFC 4648 §4). */
const STATE = /^[A-Za-z0-9._~+/=-]+$/;

/** A state as it was meant: a `+` that somebody has not encoded is read as a space, which no state has. */
export function plainState(state: string): string {
  return state.replaceAll(' ', '+');
}
