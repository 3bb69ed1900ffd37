import { execFileSync } from 'node:child_process';
import { expect } from '@playwright/test';
import type { BrowserDriver, Tab } from './drivers/driver.ts';
import type { RemoteServer, World } from './world/world.ts';

/**
 * After a sign-in its code, tokens and password are found in none of the places where they would stay: opencode's log,
 * terminal list and event stream, the proxy's access log, process arguments, every area of the extension's storage, the
 * console, the page that showed it and its title. The browser's history is the known exception; see SECURITY.md.
 */
export async function expectNoSecrets(given: {
  world: World;
  server: RemoteServer;
  browser: BrowserDriver;
  tab: Tab;
  /**
   * What the session's storage, and nothing else, still holds by design: the code while the sign-in can be finished, the
   * state while a late response must be recognized.
   */
  remains?: 'code' | 'state';
  /** The response took a callback URL: like every request of that kind (RFC 6749 §4.1.2) it is in the proxy's access log. */
  byCallbackUrl?: boolean;
}): Promise<void> {
  const { world, server, browser, tab, remains, byCallbackUrl } = given;
  // The extension deletes its terminal after the outcome is shown: wait for the list to be empty, and see that it gets so.
  // A fault may have kept it from doing so, until the next sign-in.
  if (!remains) await expect.poll(() => terminals(server)).toBe('[]');
  const { session, ...kept } = await browser.background(async ({ storage: areas }) => ({
    local: await areas.local.get(),
    sync: await areas.sync.get(),
    // Rejects in Firefox when no policy is set.
    managed: await areas.managed.get().catch(() => ({})),
    session: await areas.session.get(),
  }));
  const page = () => document.documentElement.outerHTML + document.title + location.href;

  const places = {
    'opencode log': server.opencode.log(),
    'terminal list': await terminals(server),
    'event stream': server.opencode.events(),
    'access log': byCallbackUrl ? '' : server.reverseProxy.accessLog.join('\n'),
    'process arguments': execFileSync('ps', ['-eo', 'args']).toString(),
    console: await browser.consoleOutput(),
    storage: JSON.stringify(kept),
    'callback page': await tab.evaluate(page, undefined).catch(() => ''),
  };
  const providers = [world.identityProvider, ...Object.values(world.providers)];
  // Poe has no state.
  const states = providers.flatMap((provider) => provider.states).filter(Boolean);
  const secrets = [...providers.flatMap((provider) => provider.secrets()), server.password ?? []].flat();
  expect([...secrets, ...states]).not.toEqual([]);
  // A recorder that records nothing would find nothing.
  expect(places['event stream']).toContain('server.connected');
  for (const [place, text] of Object.entries(places)) expectNone([...secrets, ...states], text, place);
  const gone = { none: [...secrets, ...states], state: secrets, code: [] }[remains ?? 'none'];
  expectNone(gone, JSON.stringify(session), 'session storage');
}

function expectNone(secrets: string[], text: string, place: string): void {
  for (const secret of secrets) expect(text.includes(secret), `${place} holds ${secret.slice(0, 3)}…`).toBe(false);
}

/** What both terminal APIs list. Releases up to 1.3 are not asked for the newer one: they forward it to a third party. */
async function terminals(server: RemoteServer): Promise<string> {
  const paths = /^1\.\d\./.test(server.opencode.version) ? ['/pty'] : ['/api/pty', '/pty'];
  const lists = await Promise.all(paths.map((path) => list(server, path)));
  return JSON.stringify(lists.flat());
}

async function list(server: RemoteServer, path: string): Promise<unknown[]> {
  const answer = await server.opencode.fetch(path);
  // A path that the release does not know.
  if (answer.headers.get('content-type')?.startsWith('text/html')) return [];
  const listed = (await answer.json()) as unknown[] | { data: unknown[] };
  return Array.isArray(listed) ? listed : listed.data;
}
