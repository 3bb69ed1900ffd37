import type { FetchCall } from './fetchAnswer';

/**
 * Requests that a tab is to make, until it has fetched them. They are not handed over as arguments of the injected
 * function: when Firefox suspends the background meanwhile, it writes those to the browser's console, secrets included.
 */
const held = new Map<string, { call: FetchCall; tabId: number }>();

/** @returns the id by which the function in the tab asks for the request */
export function holdCall(call: FetchCall, tabId: number): string {
  const id = crypto.randomUUID();
  held.set(id, { call, tabId });
  return id;
}

/** Gives a request to the tab that it is for, once. */
export function takeCall(id: string, tabId: number | undefined): FetchCall | undefined {
  const found = held.get(id);
  if (!found || found.tabId !== tabId) return undefined;
  held.delete(id);
  return found.call;
}

/** The tab could not ask for it. */
export function dropCall(id: string): void {
  held.delete(id);
}
