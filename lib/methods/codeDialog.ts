import { type Page, runInPage } from '../browser/runInPage';
import { serverPages } from '../servers/serverTab';
import type { ServerUrl } from '../servers/serverUrl';

/**
 * Closes the dialog in which opencode's web UI asks for a code, once that is spent, in the tab that was used last. In others the
 * same dialog may be another sign-in's: there it is only looked for. From one of the extension's pages.
 * @returns whether one is still open
 */
export async function closeCodeDialog(server: ServerUrl): Promise<boolean> {
  const look = async (page: Page, isLast: boolean) => (await runInPage(page, isDialogOpen, isLast)) ?? isLast;
  const pages = await serverPages(server);
  return (await Promise.all(pages.map((page, index) => look(page, index === 0)))).includes(true);
}

/** Injected into opencode's page, so it stands alone. @returns whether a dialog asks for a code, after an attempt to close it */
async function isDialogOpen(isToClose: boolean): Promise<boolean> {
  const field = () => document.querySelector('[role=dialog] form input[name=code]');
  if (!isToClose) return field() !== null;
  field()?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true }));
  for (let look = 0; look < 10 && field(); look += 1) await new Promise((resolve) => setTimeout(resolve, 100));
  return field() !== null;
}
