import { browser } from 'wxt/browser';
import { getServers, type KnownServer } from './serverStore';

let remembered: Promise<KnownServer[]> | undefined;

/** Keeps the servers in the worker's memory, as long as it runs. To be called once, when it starts. */
export function rememberServers(): void {
  const readAgain = () => {
    const read = getServers();
    remembered = read;
    // Whoever asks next asks the browser; and whoever waits for this hears of it there.
    read.catch(() => {
      remembered = undefined;
    });
  };
  readAgain();
  browser.storage.sync.onChanged.addListener(readAgain);
  browser.storage.managed.onChanged.addListener(readAgain);
}

/**
 * The servers, from memory where they are remembered: for what cannot wait for a storage area (5 to 14 ms while the browser
 * opens a tab, measured). Right after a change they may still be as they were before it.
 */
export function serversAtHand(): Promise<KnownServer[]> {
  return remembered ?? getServers();
}
