import { pause } from '../browser/pause';
import { sendMessage } from '../messages';
import type { SignInView } from '../sign-in/signIn';

const ATTEMPTS = 5;
const PAUSE_MS = 300;

/**
 * Asks the background to deliver a sign-in, from a page. A worker that the browser ends on the way is asked again: it
 * finds its place, and sends nothing twice.
 * @returns how the sign-in stands afterwards; undefined when it is not known
 */
export async function requestDelivery(id: string): Promise<SignInView | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await sendMessage('deliverSignIn', id);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await pause(PAUSE_MS);
    }
  }
}
