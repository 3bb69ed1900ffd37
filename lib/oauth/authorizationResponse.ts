import type { $brand } from 'zod/mini';
import { type AuthorizationRequest, plainState } from './authorizationRequest';

/** A callback URL that was compared with what its sign-in expects: safe to hand to that sign-in's server. */
export type CallbackUrl = string & $brand<'CallbackUrl'>;

/** What the provider sent back (RFC 6749 §4.1.2, §4.2.2 and §4.1.2.1). */
export type AuthorizationResponse = { callbackUrl: CallbackUrl; state: string | undefined } & (
  | { kind: 'code'; code: string }
  | { kind: 'token'; token: string; expiresIn: string | undefined }
  | { kind: 'error'; error: string; description: string | undefined }
);

/** Far above what providers send, and small enough for a process's environment. */
const LONGEST_CALLBACK_URL = 8192;
/** RFC 3986 §3.4 and §3.5: nothing that a shell, a config file or another URL parser could read differently. */
const PARAMETERS = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})+$/;

/**
 * Reads a callback URL, strictly: exactly the expected redirect URI, then a query or a fragment (RFC 3986), as expected, with
 * the expected `state` once and either one `code` (in a fragment one `access_token`) or one `error`. Anything else is not the
 * response that was waited for. Where no state was sent, there must be none. A fragment behind the query is nothing that a
 * listener would see, and is dropped: a redirect inherits that of the authorization request (Fetch Standard, HTTP-redirect
 * fetch).
 */
export function parseAuthorizationResponse(
  url: string,
  expected: AuthorizationRequest,
): AuthorizationResponse | undefined {
  const prefix = `${expected.redirectUri}${expected.inFragment ? '#' : '?'}`;
  if (!url.startsWith(prefix) || url.length > LONGEST_CALLBACK_URL) return undefined;
  const [text = '', ...behind] = url.slice(prefix.length).split('#');
  if (!PARAMETERS.test(text) || (expected.inFragment && behind.length > 0)) return undefined;

  // Not `new URLSearchParams(text)`: that drops a leading question mark, which the listener would read as part of a name.
  const parameters = new URL(`${expected.redirectUri}?${text}`).searchParams;
  const granted = parameters.getAll(expected.inFragment ? 'access_token' : 'code');
  const [states, errors] = [parameters.getAll('state').map(plainState), parameters.getAll('error')];
  const isExpected = expected.state === undefined ? states.length === 0 : states.length === 1;
  if (!isExpected || states[0] !== expected.state || granted.length + errors.length !== 1) return undefined;

  const response = { callbackUrl: (prefix + text) as CallbackUrl, state: expected.state };
  const [secret, error] = [granted[0], errors[0]];
  if (isPrintable(secret)) {
    if (!expected.inFragment) return { ...response, kind: 'code', code: secret };
    return { ...response, kind: 'token', token: secret, expiresIn: parameters.get('expires_in') ?? undefined };
  }
  if (isPrintable(error)) {
    return { ...response, kind: 'error', error, description: parameters.get('error_description') ?? undefined };
  }
  return undefined;
}

/**
 * What is remembered of a response that was taken: enough to know it again, and nothing that could be used. Browsers keep its
 * URL in their history, and open it again when asked.
 * @param response its URL, or what our page has of it: of both, the query or else the fragment counts
 */
export async function digestOf(response: string): Promise<string> {
  const [parameters] = /\?[^#]*|#.*/.exec(response) ?? [];
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(parameters));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

/** RFC 6749 appendix A.7, A.11 and A.12: one or more visible ASCII characters. */
function isPrintable(value: string | undefined): value is string {
  return value !== undefined && /^[\x20-\x7e]+$/.test(value);
}
