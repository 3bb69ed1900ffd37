/** What this page was opened for; `unclaimed` is a response that no sign-in waits for. */
export type Arrival = SignInArrival | { kind: 'unclaimed'; id: string };

/** A callback URL that has just arrived, by the capture rule; or a sign-in whose response is there already. */
export type SignInArrival = { kind: 'response'; callbackUrl: string } | { kind: 'sign-in'; id: string };

const UNCLAIMED = '#unclaimed-';

/** The capture rule puts the whole callback URL behind the question mark, its fragment included. */
export function readArrival(): Arrival {
  const { href, search, hash } = window.location;
  if (search) return { kind: 'response', callbackUrl: href.slice(href.indexOf('?') + 1) };
  if (hash.startsWith(UNCLAIMED)) return { kind: 'unclaimed', id: hash.slice(UNCLAIMED.length) };
  return { kind: 'sign-in', id: hash.slice(1) };
}

/** Takes the code out of the address bar, and leaves what a reload needs. */
export function showSignInInAddress(id: string): void {
  window.history.replaceState(null, '', `${window.location.pathname}#${id}`);
}
