import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { test as base, expect } from '@playwright/test';
import { type Display, startDisplay } from './display.ts';
import { launchChromium } from './drivers/chromium.ts';
import type { BrowserDriver, LaunchOptions } from './drivers/driver.ts';
import { launchFirefox } from './drivers/firefox.ts';
import { createWorld, type World } from './world/world.ts';

type BrowserName = BrowserDriver['name'];

interface Fixtures {
  world: World;
  /** A browser with the end-to-end build of the extension, and a fresh profile. */
  browserWithExtension: BrowserDriver;
  /** The same browser without it: for controls. */
  plainBrowser: BrowserDriver;
  /** A screen and a keyboard, for a browser with a window. */
  display: Display;
}

export const test = base.extend<Fixtures & { driver: BrowserName }, { keptWorld: World }>({
  driver: ['chromium', { option: true }],

  keptWorld: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from its first parameter.
    async ({}, use) => {
      const world = await createWorld();
      await use(world);
      await world.close();
    },
    { scope: 'worker' },
  ],

  // A test that fails takes its worker with it, and the world.
  world: async ({ keptWorld }, use) => {
    await use(keptWorld);
    await keptWorld.reset();
  },

  browserWithExtension: async ({ world, driver }, use) => {
    const browser = await launch(driver, world, extensionFolder(driver, 'e2e'));
    await use(browser);
    await browser.close();
  },

  // biome-ignore lint/correctness/noEmptyPattern: see above.
  display: async ({}, use) => {
    const display = await startDisplay();
    await use(display);
    await display.close();
  },

  plainBrowser: async ({ world, driver }, use) => {
    const browser = await launch(driver, world, undefined);
    await use(browser);
    await browser.close();
  },
});

export { expect };

/** The folder of a build that `npm run build` left. */
export function extensionFolder(driver: BrowserName, mode: 'e2e' | 'shipped'): string {
  const folder = resolve(`.output/${driver === 'chromium' ? 'chrome' : 'firefox'}-mv3${mode === 'e2e' ? '-e2e' : ''}`);
  if (!existsSync(folder)) throw new Error(`${folder} is missing: run \`npm run build\``);
  return folder;
}

/** What every browser of a test is launched with. */
export function launchOptions(world: World, extension: string | undefined): LaunchOptions {
  return { extension, authority: world.authority.cert, resolverRules: world.resolverRules() };
}

/** Launches a browser as the fixtures do, with something else about it. */
export function launch(
  driver: BrowserName,
  world: World,
  extension: string | undefined,
  more: Partial<LaunchOptions> = {},
): Promise<BrowserDriver> {
  const options = { ...launchOptions(world, extension), ...more };
  return driver === 'chromium' ? launchChromium(options) : launchFirefox(options);
}
