import type { $brand } from 'zod/mini';

/** A redirect URI on the user's own machine (RFC 8252 §7.3), in the form a browser prints it. */
export type LoopbackRedirectUri = string & $brand<'LoopbackRedirectUri'>;

const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Reads a redirect URI that leads to a port of the user's own machine.
 * @returns undefined for anything else: another scheme or host, no explicit port, userinfo, a query, a fragment, what
 * a capture rule would not take as it is (`*`, `^`, `|` in declarativeNetRequest's `urlFilter`), or a
 * spelling that a browser would rewrite (`http://LOCALHOST:1455`, `http://127.1:1455`), which could be compared wrongly later.
 */
export function parseLoopbackRedirectUri(text: string): LoopbackRedirectUri | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isLoopback = url.protocol === 'http:' && LOOPBACK_HOSTS.includes(url.hostname) && url.port !== '';
  const isBare = !url.username && !url.password && !/[?#*^|]/.test(text);
  return isLoopback && isBare && url.href === text ? (text as LoopbackRedirectUri) : undefined;
}
