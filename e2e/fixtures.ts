import { test as base, expect } from '@playwright/test';
import { type Display, startDisplay } from './display.ts';
import type { BrowserDriver } from './drivers/driver.ts';
import { type BrowserName, extensionFolder, launch } from './launch.ts';
import { createWorld, type World } from './world/world.ts';

export interface Shared {
  world: World;
  browser: BrowserDriver;
}

interface Fixtures {
  world: World;
  /** A browser with the end-to-end build of the extension, which knows of no test before. */
  browserWithExtension: BrowserDriver;
  /** Both, for what is given on. */
  shared: Shared;
  /** The same browser without it: for controls. */
  plainBrowser: BrowserDriver;
  /** A screen and a keyboard, for a browser with a window. */
  display: Display;
}

/** One browser for test after test: to start one takes longer than many a test. */
interface KeptBrowser {
  take(): Promise<BrowserDriver>;
  giveBack(): Promise<void>;
}

export const test = base.extend<Fixtures & { driver: BrowserName }, { keptWorld: World; keptBrowser: KeptBrowser }>({
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
  world: async ({ keptWorld }, use, info) => {
    await use(keptWorld);
    if (info.status !== info.expectedStatus) console.log(`What the servers were asked:\n${keptWorld.report()}`);
    await keptWorld.reset();
  },

  keptBrowser: [
    async ({ keptWorld }, use, { project }) => {
      const { driver } = project.use as { driver: BrowserName };
      let browser: BrowserDriver | undefined;
      await use({
        async take() {
          browser ??= await launch(driver, keptWorld, extensionFolder(driver));
          return browser;
        },
        async giveBack() {
          if (await browser?.forget()) return;
          await browser?.close();
          browser = undefined;
        },
      });
      await browser?.close();
    },
    { scope: 'worker' },
  ],

  // The world goes on until the browser has forgotten.
  browserWithExtension: async ({ world: _, keptBrowser }, use) => {
    await use(await keptBrowser.take());
    await keptBrowser.giveBack();
  },

  shared: ({ world, browserWithExtension: browser }, use) => use({ world, browser }),

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
