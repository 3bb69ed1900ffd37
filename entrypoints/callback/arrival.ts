/** What this page was opened for; `unclaimed` is a response that no sign-in waits for. */
export type Arrival = SignInArrival | { kind: 'unclaimed'; id: string };

/** A response that has just arrived, by the capture rule; or a sign-in whose response is there already. */
export type SignInArrival = { kind: 'response'; parameters: string } | { kind: 'sign-in'; id: string };

const UNCLAIMED = '#unclaimed-';

/** The capture rule leaves the response's query and fragment where they are; an id has no `=`. */
export function readArrival(): Arrival {
  const { search, hash } = window.location;
  if (search || hash.includes('=')) return { kind: 'response', parameters: search + hash };
  if (hash.startsWith(UNCLAIMED)) return { kind: 'unclaimed', id: hash.slice(UNCLAIMED.length) };
  return { kind: 'sign-in', id: hash.slice(1) };
}

/** Takes the code out of the address bar, and leaves what a reload needs. */
export function showSignInInAddress(id: string): void {
  window.history.replaceState(null, '', `${window.location.pathname}#${id}`);
}
