import type { LoopbackRedirectUri } from './loopbackRedirectUri';

/** A callback URL that was compared with what its sign-in expects: safe to hand to that sign-in's server. */
export type CallbackUrl = string & { readonly callbackUrl: unique symbol };

/** What the provider sent back (RFC 6749 §4.1.2 and §4.1.2.1). */
export type AuthorizationResponse = { callbackUrl: CallbackUrl; state: string } & (
  | { kind: 'code'; code: string }
  | { kind: 'error'; error: string; description: string | undefined }
);

/** Far above what providers send, and small enough for a process's environment. */
const LONGEST_CALLBACK_URL = 8192;
/** RFC 3986 §3.4: nothing that a shell, a config file or another URL parser could read differently. */
const QUERY = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})+$/;

/**
 * Reads a callback URL, strictly: exactly the expected redirect URI, then a query (RFC 3986) with the expected
 * `state` once and either one `code` or one `error`. Anything else is not the response that was waited for.
 */
export function parseAuthorizationResponse(
  url: string,
  expected: { redirectUri: LoopbackRedirectUri; state: string },
): AuthorizationResponse | undefined {
  const prefix = `${expected.redirectUri}?`;
  if (!url.startsWith(prefix) || url.length > LONGEST_CALLBACK_URL) return undefined;
  const queryText = url.slice(prefix.length);
  if (!QUERY.test(queryText)) return undefined;

  // Not `new URLSearchParams(queryText)`: that drops a leading question mark, which the listener would read as part of a name.
  const query = new URL(url).searchParams;
  const [states, codes, errors] = [query.getAll('state'), query.getAll('code'), query.getAll('error')];
  if (states.length !== 1 || states[0] !== expected.state || codes.length + errors.length !== 1) return undefined;

  const response = { callbackUrl: url as CallbackUrl, state: expected.state };
  const [code, error] = [codes[0], errors[0]];
  if (isPrintable(code)) return { ...response, kind: 'code', code };
  if (isPrintable(error)) {
    return { ...response, kind: 'error', error, description: query.get('error_description') ?? undefined };
  }
  return undefined;
}

/** The state that a callback URL carries, to find the sign-in it claims to answer. Proves nothing. */
export function claimedState(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  return new URL(url).searchParams.get('state') ?? undefined;
}

/** RFC 6749 appendix A.11 and A.7: one or more visible ASCII characters. */
function isPrintable(value: string | undefined): value is string {
  return value !== undefined && /^[\x20-\x7e]+$/.test(value);
}
