import { getSignIns } from './signInStore';

/**
 * What is remembered of a response that was taken: enough to know it again, and nothing that could be used. Browsers keep its
 * URL in their history, and open it again when asked.
 */
export async function digestOf(callbackUrl: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(callbackUrl));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

/** Whether a response was taken before: its sign-in is under way, or has ended. */
export async function wasTaken(callbackUrl: string): Promise<boolean> {
  const digest = await digestOf(callbackUrl);
  return (await getSignIns()).some(({ responseDigest }) => responseDigest === digest);
}
