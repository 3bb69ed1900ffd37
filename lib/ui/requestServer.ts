import { sendMessage } from '../messages';
import type { ServerCheck } from '../methods/checkServer';
import { requestHostPermission } from '../servers/hostPermission';
import { type Addition, setPendingAddition } from '../servers/serverStore';

/**
 * Asks the browser for a server's host, then looks for opencode there. Call it straight from a click.
 * @param onAllowed called once the browser has the user's permission
 * @returns undefined when the user did not allow it
 */
export async function requestServer(addition: Addition, onAllowed?: () => void): Promise<ServerCheck | undefined> {
  // Both before anything is awaited: the prompt needs the click, and in Firefox it closes the popup.
  void setPendingAddition(addition);
  if (await requestHostPermission(addition.url)) {
    onAllowed?.();
    return sendMessage('addServer', addition);
  }
  await setPendingAddition(null);
  return undefined;
}
