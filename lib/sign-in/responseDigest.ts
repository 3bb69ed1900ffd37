import { getSignIns } from './signInStore';

/**
 * What is remembered of a response that was taken: enough to know it again, and nothing that could be used. Browsers keep its
 * URL in their history, and open it again when asked.
 * @param response its URL, or what our page has of it: of both, the query or else the fragment counts
 */
export async function digestOf(response: string): Promise<string> {
  const [parameters] = /\?[^#]*|#.*/.exec(response) ?? [];
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(parameters));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

/** Whether a response was taken before: its sign-in is under way, or has ended. */
export async function wasTaken(callbackUrl: string): Promise<boolean> {
  const digest = await digestOf(callbackUrl);
  return (await getSignIns()).some(({ arrival }) => arrival?.digest === digest);
}
