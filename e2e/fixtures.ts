import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { test as base, expect } from '@playwright/test';
import { launchChromium } from './drivers/chromium.ts';
import type { BrowserDriver } from './drivers/driver.ts';
import { type World, createWorld } from './world/world.ts';

type BrowserName = BrowserDriver['name'];

interface Fixtures {
  world: World;
  /** A browser with the end-to-end build of the extension, and a fresh profile. */
  browserWithExtension: BrowserDriver;
  /** The same browser without it: for controls. */
  plainBrowser: BrowserDriver;
}

export const test = base.extend<Fixtures & { driver: BrowserName }>({
  driver: ['chromium', { option: true }],

  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from its first parameter.
  world: async ({}, use) => {
    const world = await createWorld();
    await use(world);
    await world.close();
  },

  browserWithExtension: async ({ world, driver }, use) => {
    const browser = await launch(driver, world, extensionFolder(driver));
    await use(browser);
    await browser.close();
  },

  plainBrowser: async ({ world, driver }, use) => {
    const browser = await launch(driver, world, undefined);
    await use(browser);
    await browser.close();
  },
});

export { expect };

function launch(_driver: BrowserName, world: World, extension: string | undefined): Promise<BrowserDriver> {
  // Servers may be added after the launch, so every rule has to be known by then: namespaces need none.
  return launchChromium({ extension, authority: world.authority.cert, resolverRules: world.resolverRules() });
}

function extensionFolder(driver: BrowserName): string {
  const folder = resolve(`.output/${driver === 'chromium' ? 'chrome' : 'firefox'}-mv3-e2e`);
  if (!existsSync(folder)) throw new Error(`${folder} is missing: run \`npm run build\``);
  return folder;
}
