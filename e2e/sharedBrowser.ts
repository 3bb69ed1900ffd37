/**
 * One world and one browser for all tests of a file: for tables of rows that are shorter than a browser's start. Each row
 * begins with an extension that has forgotten everything, and with servers that are signed in to nothing.
 */
import { isDeepStrictEqual } from 'node:util';
import type { BrowserDriver } from './drivers/driver.ts';
import { test as base, extensionFolder, launch } from './fixtures.ts';
import type { UserHost } from './world/namespaces.ts';
import { createWorld, type RemoteServer, type ServerOptions, type World } from './world/world.ts';

export interface Shared {
  world: World;
  browser: BrowserDriver;
  /** The server at a host: that of an earlier row, or, if there is none or it was another kind of server, a new one. */
  serverAt(host: UserHost, options?: ServerOptions): Promise<RemoteServer>;
}

interface Kept extends Shared {
  servers: Map<UserHost, { server: RemoteServer; options: ServerOptions }>;
}

export const test = base.extend<{ shared: Shared }, { kept: Kept }>({
  kept: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from its first parameter.
    async ({}, use, { project }) => {
      const { driver } = project.use as { driver: BrowserDriver['name'] };
      const world = await createWorld();
      const browser = await launch(driver, world, extensionFolder(driver, 'e2e'));
      const servers: Kept['servers'] = new Map();
      await use({
        ...{ world, browser, servers },
        async serverAt(host, options = {}) {
          const before = servers.get(host);
          if (before && isDeepStrictEqual(before.options, options)) return before.server;
          await before?.server.goDown();
          const server = await world.addServer(host, options);
          servers.set(host, { server, options });
          return server;
        },
      });
      await browser.close();
      await world.close();
    },
    { scope: 'worker' },
  ],

  shared: async ({ kept }, use) => {
    await reset(kept);
    await use(kept);
  },
});

async function reset({ world, browser, servers }: Kept): Promise<void> {
  const providers = [world.identityProvider, ...Object.values(world.providers)];
  for (const provider of providers) Object.assign(provider, { remembersUser: false, refuseExchanges: false });
  await closeTabs(browser);
  for (const { server } of servers.values()) {
    server.reverseProxy.intercept = undefined;
    if (!server.reverseProxy.server.listening) await server.comeBack();
    await forgetLogins(server);
    for (const log of [server.reverseProxy.accessLog, server.reverseProxy.mcpCalls]) log.length = 0;
  }
  await browser.background(async ({ storage, declarativeNetRequest }) => {
    await Promise.all([storage.local.clear(), storage.sync.clear(), storage.session.clear()]);
    const removeRuleIds = (await declarativeNetRequest.getSessionRules()).map(({ id }) => id);
    await declarativeNetRequest.updateSessionRules({ removeRuleIds });
  });
}

/** Also those that the driver has lost sight of: a tab that was discarded is another one to it. */
async function closeTabs(browser: BrowserDriver): Promise<void> {
  await browser.background(async ({ tabs }) => {
    // Firefox's driver works in a tab. And without any, the browser ends.
    const driversOwn = await tabs.getCurrent();
    const others = (await tabs.query({})).filter(({ id, index }) => index > 0 && id !== driversOwn?.id);
    // One that shows a success closes by itself.
    await Promise.all(others.map(({ id }) => tabs.remove(id ?? 0).catch(() => {})));
  });
}

async function forgetLogins({ opencode }: RemoteServer): Promise<void> {
  for (const id of Object.keys(opencode.storedCredentials())) await opencode.fetch(`/auth/${id}`, { method: 'DELETE' });
  await opencode.fetch('/instance/dispose', { method: 'POST' });
}
