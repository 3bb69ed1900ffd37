/** What this page was opened for: a callback URL that has just arrived, or a sign-in that it showed before a reload. */
export type Arrival = { kind: 'response'; callbackUrl: string } | { kind: 'sign-in'; id: string };

/** The capture rule puts the whole callback URL behind the question mark, its fragment included. */
export function readArrival(): Arrival {
  const { href, search, hash } = window.location;
  if (search) return { kind: 'response', callbackUrl: href.slice(href.indexOf('?') + 1) };
  return { kind: 'sign-in', id: hash.slice(1) };
}

/** Takes the code out of the address bar, and leaves what a reload needs. */
export function showSignInInAddress(id: string): void {
  window.history.replaceState(null, '', `${window.location.pathname}#${id}`);
}
