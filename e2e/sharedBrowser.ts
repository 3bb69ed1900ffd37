/**
 * One browser for all tests of a file, with the world that all tests share: for tables of rows that are shorter than a
 * browser's start. Each row begins with an extension that has forgotten everything.
 */
import type { BrowserDriver } from './drivers/driver.ts';
import { test as base, extensionFolder, launch } from './fixtures.ts';
import type { World } from './world/world.ts';

export interface Shared {
  world: World;
  browser: BrowserDriver;
}

export const test = base.extend<{ shared: Shared }, { keptBrowser: BrowserDriver }>({
  keptBrowser: [
    async ({ keptWorld }, use, { project }) => {
      const { driver } = project.use as { driver: BrowserDriver['name'] };
      const browser = await launch(driver, keptWorld, extensionFolder(driver, 'e2e'));
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],

  shared: async ({ world, keptBrowser: browser }, use) => {
    await use({ world, browser });
    await closeTabs(browser);
    await browser.background(async ({ storage, declarativeNetRequest }) => {
      await Promise.all([storage.local.clear(), storage.sync.clear(), storage.session.clear()]);
      const removeRuleIds = (await declarativeNetRequest.getSessionRules()).map(({ id }) => id);
      await declarativeNetRequest.updateSessionRules({ removeRuleIds });
    });
  },
});

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
