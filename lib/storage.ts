/**
 * Everything that the extension stores. Its values are `unknown` here: another release may have written one, or a broken
 * device, so whoever reads it parses it by a schema.
 *
 * `session` is in memory only and gone when the browser ends. `local` stays on this device. `sync` goes to the user's other
 * devices, where the browser has an account.
 */
import { storage } from '@wxt-dev/storage';
import type { Storage } from 'webextension-polyfill';
import { browser } from 'wxt/browser';

/** The servers that the user added, one item for each, by its URL: until the user removes it. See servers/serverStore.ts. */
export const servers = itemsOf('sync', 'server:');

/** What is kept has the form that it had at first: whoever changes one raises its version and says how the old one is read. */
const firstForm = { version: 1 };

/** The passwords that the user chose to store, by server: until the user removes the password or the server. Never synced. */
export const credentials = storage.defineItem<unknown>('local:credentials', firstForm);

/** The server that waits for the answer to a permission prompt: until the prompt is answered. */
export const pendingAddition = storage.defineItem<unknown>('session:pending-addition', firstForm);

/** The sign-ins, one item for each, by its id: the last 20 that have ended, and all that have not. */
export const signIns = itemsOf('session', 'sign-in:');

/** The sign-in that was last seen to start on no server of the user's: until it is taken, replaced or too old. */
export const offeredSignIn = storage.defineItem<unknown>('session:offered-sign-in', firstForm);

/** Responses that came back to this machine and were not waited for, by id: until they are sent, left or too old. */
export const unclaimedResponses = storage.defineItem<unknown>('session:unclaimed-responses', firstForm);

/** The last sign-ins that were started in the web UI of each server, by server: as long as the server is the user's. */
export const webUiStarts = storage.defineItem<unknown>('session:web-ui-starts', firstForm);

/** How responses were last seen to get to a server's listener, by server. */
export const ways = storage.defineItem<unknown>('session:ways', firstForm);

/** When the user last looked at how the sign-ins stand, in milliseconds since the epoch. */
export const lookedAt = storage.defineItem<unknown>('session:looked-at', firstForm);

/**
 * Keeps what is stored from the functions that run in web pages, and so from a page that has broken out of its own process.
 * `session` is closed to them in both browsers from the start; Firefox cannot close the others.
 */
export function keepFromPages(): void {
  const areas: (Storage.StorageArea & Closable)[] = [browser.storage.local, browser.storage.sync];
  for (const area of areas) void area.setAccessLevel?.({ accessLevel: 'TRUSTED_CONTEXTS' });
}

/** Chromium has it, and the types do not. */
interface Closable {
  setAccessLevel?(options: { accessLevel: 'TRUSTED_CONTEXTS' }): Promise<void>;
}

/** Items of one kind, each under a key of its own, so that a change writes one and not all. */
function itemsOf(area: 'session' | 'sync', prefix: string) {
  const keyOf = (name: string) => `${area}:${prefix}${name}` as const;
  return {
    async getValues(): Promise<unknown[]> {
      const all = Object.entries(await storage.snapshot(area));
      return all.filter(([key]) => key.startsWith(prefix)).map(([, value]) => value);
    },
    getValue: (name: string): Promise<unknown> => storage.getItem(keyOf(name)),
    setValues: (values: Record<string, unknown>): Promise<void> =>
      storage.setItems(Object.entries(values).map(([name, value]) => ({ key: keyOf(name), value }))),
    removeValues: (...names: string[]): Promise<void> => storage.removeItems(names.map(keyOf)),
  };
}
