import type { Storage } from 'webextension-polyfill';
import { browser } from 'wxt/browser';

/** A value in one of the extension's storage areas: `session` is in memory only, `local` on this device only. */
export interface StoredValue {
  /** What is stored, by whichever release stored it, so to be read with a schema; undefined when there is nothing. */
  getValue(): Promise<unknown>;
  /** Stores a value; `undefined` removes it. */
  setValue(value: unknown): Promise<void>;
  /** Calls back whenever another value is stored. @returns how to stop that */
  watch(onChange: () => void): () => void;
}

export function storedValue(area: 'local' | 'session', name: string): StoredValue {
  const storage = browser.storage[area];
  return {
    getValue: async () => (await storage.get(name))[name],
    setValue: (value) => (value === undefined ? storage.remove(name) : storage.set({ [name]: value })),
    watch(onChange) {
      const listener = (changes: object) => {
        if (name in changes) onChange();
      };
      storage.onChanged.addListener(listener);
      return () => storage.onChanged.removeListener(listener);
    },
  };
}

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
