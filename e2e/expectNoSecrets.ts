import { execFileSync } from 'node:child_process';
import { expect } from '@playwright/test';
import type { BrowserDriver, Tab } from './drivers/driver.ts';
import type { RemoteServer, World } from './world/world.ts';

/**
 * After a sign-in its code, tokens and password are found in none of the places where they would stay: opencode's log
 * and terminal list, the proxy's access log, process arguments, the extension's storage, the page that showed it.
 */
export async function expectNoSecrets(given: {
  world: World;
  server: RemoteServer;
  browser: BrowserDriver;
  tab: Tab;
}): Promise<void> {
  const { world, server, browser, tab } = given;
  // The extension deletes its terminal after the outcome is shown: wait for the list to be empty, and see that it gets so.
  await expect.poll(() => terminals(server)).toBe('[]');
  const storage = await browser.background(async ({ storage: areas }) =>
    JSON.stringify([await areas.local.get(), await areas.session.get(), await areas.sync.get()]),
  );

  const places = {
    'opencode log': server.opencode.log(),
    'access log': server.reverseProxy.accessLog.join('\n'),
    'process arguments': execFileSync('ps', ['-eo', 'args']).toString(),
    'extension storage': storage,
    'callback page': await tab.evaluate(
      () => document.documentElement.outerHTML + document.title + location.href,
      undefined,
    ),
  };
  const secrets = [...world.identityProvider.secrets(), ...world.identityProvider.states, server.password ?? []].flat();
  expect(secrets.length).toBeGreaterThan(0);
  for (const [place, text] of Object.entries(places)) {
    for (const secret of secrets) expect(text.includes(secret), `${place} holds ${secret.slice(0, 3)}…`).toBe(false);
  }
}

async function terminals(server: RemoteServer): Promise<string> {
  const [current, legacy] = await Promise.all(
    ['/api/pty', '/pty'].map(async (path) => (await server.opencode.fetch(path)).json()),
  );
  return JSON.stringify([...(current as { data: unknown[] }).data, ...(legacy as unknown[])]);
}
