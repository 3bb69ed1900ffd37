import { browser } from 'wxt/browser';
import { getServers, type KnownServer } from './serverStore';

let remembered: Promise<KnownServer[]> | undefined;

/**
 * Keeps the servers in the worker's memory, as long as it runs. To be called once, when it starts.
 * @param onChanged called after each change, whoever made it: the user here, on another device, or a policy
 */
export function rememberServers(onChanged: () => void): void {
  const readAgain = () => {
    const read = getServers();
    remembered = read;
    // Whoever asks next asks the browser; and whoever waits for this hears of it there.
    read.catch(() => {
      remembered = undefined;
    });
    return read;
  };
  void readAgain().catch(() => {});
  const tell = () => {
    readAgain().then(
      () => onChanged(),
      () => {},
    );
  };
  browser.storage.sync.onChanged.addListener(tell);
  browser.storage.managed.onChanged.addListener(tell);
}

/**
 * The servers, from memory where they are remembered: for what cannot wait for a storage area (5 to 14 ms while the browser
 * opens a tab, measured). Right after a change they may still be as they were before it.
 */
export function serversAtHand(): Promise<KnownServer[]> {
  return remembered ?? getServers();
}
