import { browser } from 'wxt/browser';
import { callbackOrigin } from './callbackTemplate';
import type { Server } from './server';

/**
 * The match pattern that covers a server: scheme and host, every port.
 * Firefox accepts patterns with a port and then never matches them, so none is named.
 */
export function hostPattern(url: string): string {
  const { protocol, hostname } = new URL(url);
  return `${protocol}//${hostname}/*`;
}

/** Every spelling of the user's own machine. */
export const loopbackPatterns = ['http://localhost/*', 'https://localhost/*', 'http://127.0.0.1/*', 'http://[::1]/*'];

/** The hosts that every sign-in needs. Firefox lets users take them back, and does not grant those that an update adds. */
const signInHosts = { origins: ['https://auth.openai.com/*', ...loopbackPatterns] };

export function hasSignInPermission(): Promise<boolean> {
  return browser.permissions.contains(signInHosts);
}

/** Call it straight from a click. */
export function requestSignInPermission(): Promise<boolean> {
  return browser.permissions.request(signInHosts);
}

/** Asks the user for a server's host, or for several. Call it straight from a click: both browsers refuse it otherwise. */
export function requestHostPermission(...urls: string[]): Promise<boolean> {
  return browser.permissions.request({ origins: [...new Set(urls.map(hostPattern))] });
}

/** Whether the extension may talk to a host now. Permissions can be taken back at any time, so ask each time. */
export function hasHostPermission(url: string): Promise<boolean> {
  return browser.permissions.contains({ origins: [hostPattern(url)] });
}

/** Everything that a server's sign-ins are sent to: itself, and where its listener is published. */
export function hostsOf({ url, callbackTemplate }: Pick<Server, 'url' | 'callbackTemplate'>): string[] {
  return callbackTemplate === undefined ? [url] : [url, callbackOrigin(callbackTemplate)];
}

/** The alarm for `dropUnusedHosts`. */
export const DROP_UNUSED_HOSTS = 'drop-unused-hosts';

/** Gives hosts back in a while: until then the removal of a server can be undone without asking for its host again. */
export async function dropUnusedHostsLater(): Promise<void> {
  await browser.alarms.create(DROP_UNUSED_HOSTS, { delayInMinutes: 1 });
}

/** Gives every host back that was asked for by name and that none of these servers, or of their callback URLs, needs. */
export async function dropUnusedHosts(servers: readonly Pick<Server, 'url' | 'callbackTemplate'>[]): Promise<void> {
  const needed = new Set([...signInHosts.origins, ...servers.flatMap(hostsOf).map(hostPattern)]);
  const { origins = [] } = await browser.permissions.getAll();
  for (const origin of origins) {
    // What the user gave more widely (in the browser's own settings) is the user's to take back.
    if (needed.has(origin) || origin.includes('://*')) continue;
    // Throws in Chromium for hosts that the manifest itself asks for.
    await browser.permissions.remove({ origins: [origin] }).catch(() => false);
  }
}
