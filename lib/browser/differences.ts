/** What Chromium and Firefox do differently. */
import { pause } from './pause';

/**
 * How `webRequest` is listened to by what must be done before a request goes on. Firefox holds the request meanwhile; Chromium
 * cannot, so what was too late there is taken up when the navigation fails (`onFailedNavigation`).
 */
export const holdingRequests: 'blocking'[] = import.meta.env.FIREFOX ? ['blocking'] : [];

/** A server that says nothing must not keep the browser's requests, nor storage that does not answer. */
const LONGEST_HOLD_MS = 5_000;

/** A listener that leaves the request as it is, and lets it go on once it has ended, or after five seconds. */
export function unchanged<D>(listen: (details: D) => Promise<void>): (details: D) => Promise<Record<string, never>> {
  return (details) => Promise.race([listen(details), pause(LONGEST_HOLD_MS)]).then(() => ({}));
}

/**
 * Whether the extension's own requests come with every login that the browser's tabs have at a server. Firefox gives them none of
 * a page's Basic credentials, and the cookies of no container.
 */
export const hasLoginsOfTabs = !import.meta.env.FIREFOX;

/** A match pattern for a loopback URL. Firefox never matches a pattern with a port, so there it is for every one. */
export function loopbackPattern(url: string): string {
  return import.meta.env.FIREFOX ? `http://${new URL(url).hostname}/*` : url;
}

/** Whether `webRequest` says that nobody listens at an address. */
export function isConnectionRefused(error: string): boolean {
  return /ERR_CONNECTION_REFUSED|NS_ERROR_CONNECTION_REFUSED/.test(error);
}

/**
 * Whether `webRequest` says that a certificate was refused. Chromium names it; Firefox has a name for every error but those of
 * TLS, where it gives NSS's sentence in the user's language.
 */
export function isCertificateError(error: string): boolean {
  return /^net::ERR_(CERT|SSL)/.test(error) || (error !== '' && !/^(net::|NS_)/.test(error));
}
