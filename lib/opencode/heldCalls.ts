import { originOf } from '../servers/serverUrl';
import type { FetchCall } from './fetchAnswer';

/**
 * Requests that a tab is to make, until it has fetched them. They are not handed over as arguments of the injected function.
 * A tab that hangs runs that function whenever it is free again: what it fetches then must be gone, since it may have been
 * sent in another way meanwhile. And when Firefox suspends the background, it writes arguments to its console, secrets too.
 */
const held = new Map<string, { call: FetchCall; onTaken: () => void }>();

/**
 * @param onTaken the tab has fetched the request: from now on it may be sent
 * @returns the id by which the function in the tab asks for the request
 */
export function holdCall(call: FetchCall, onTaken: () => void): string {
  const id = crypto.randomUUID();
  held.set(id, { call, onTaken });
  return id;
}

/**
 * Gives a request to who has its id, which is the function in its tab; once, and only if the tab still shows the origin that it
 * goes to: whoever opened a tab can lead it elsewhere meanwhile.
 * @param page the URL of the page that asks, as the browser tells it
 */
export function takeCall(id: string, page = ''): FetchCall | undefined {
  const found = held.get(id);
  if (!found || originOf(found.call.url) !== originOf(page)) return undefined;
  held.delete(id);
  found.onTaken();
  return found.call;
}

/** The tab shall not have it any more. */
export function dropCall(id: string): void {
  held.delete(id);
}
