import { browser } from 'wxt/browser';
import { pause } from '../browser/pause';
import { findServerTab } from '../servers/serverTab';
import type { ServerUrl } from '../servers/serverUrl';

/** A page that hangs never answers. */
const PAGE_WAIT_MS = 2_000;

/**
 * Closes the dialog in which opencode's web UI asks for a code, once that is spent. From one of the extension's pages.
 * @returns whether one is still open
 */
export async function closeCodeDialog(server: ServerUrl): Promise<boolean> {
  const tabId = await findServerTab(server);
  if (tabId === undefined) return false;
  const isClosed = browser.scripting
    .executeScript({ target: { tabId }, func: closeDialogOfPage })
    .then(([closed]) => closed?.result === true)
    .catch(() => false);
  return !(await Promise.race([isClosed, pause(PAGE_WAIT_MS)]));
}

/** Injected into opencode's page, so it stands alone. @returns whether no dialog asks for a code any more */
async function closeDialogOfPage(): Promise<boolean> {
  const field = () => document.querySelector('[role=dialog] form input[name=code]');
  field()?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true }));
  for (let look = 0; look < 10 && field(); look += 1) await new Promise((resolve) => setTimeout(resolve, 100));
  return !field();
}
