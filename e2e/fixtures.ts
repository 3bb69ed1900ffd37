import { existsSync, readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { test as base, expect } from '@playwright/test';
import { unpackPackage } from '../scripts/unpackPackage.ts';
import { type Display, startDisplay } from './display.ts';
import { launchChromium } from './drivers/chromium.ts';
import type { BrowserDriver, LaunchOptions } from './drivers/driver.ts';
import { launchFirefox } from './drivers/firefox.ts';
import { createWorld, type World } from './world/world.ts';

type BrowserName = BrowserDriver['name'];

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
    if (info.status !== info.expectedStatus) console.log(`What the servers were asked:\n${keptWorld.accessLogs()}`);
    await keptWorld.reset();
  },

  keptBrowser: [
    async ({ keptWorld }, use, { project }) => {
      const { driver } = project.use as { driver: BrowserName };
      let browser: BrowserDriver | undefined;
      await use({
        async take() {
          browser ??= await launch(driver, keptWorld, extensionFolder(driver, 'e2e'));
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

/** The browsers, as WXT calls them. */
const targets = { chromium: 'chrome', firefox: 'firefox' };

/** The folder of a build; of the shipped one, what unpacking its package gives. */
export function extensionFolder(driver: BrowserName, mode: 'e2e' | 'shipped'): string {
  if (mode === 'shipped') return unpack(releasedPackage(driver));
  return existing(`.output/${targets[driver]}-mv3-e2e`, 'build:e2e');
}

/** The package that a release offers for a browser. */
export function releasedPackage(driver: BrowserName): string {
  const { name, version } = JSON.parse(readFileSync('package.json', 'utf8')) as { name: string; version: string };
  return existing(`.output/${name}-${version}-${targets[driver]}.zip`, 'zip');
}

function existing(path: string, script: string): string {
  if (!existsSync(path)) throw new Error(`${path} is missing: run \`npm run ${script}\``);
  return resolve(path);
}

/** Unpacks a package into a folder beside it, anew. */
function unpack(file: string): string {
  const folder = file.replace(/\.zip$/, '');
  rmSync(folder, { recursive: true, force: true });
  unpackPackage(file, folder);
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
