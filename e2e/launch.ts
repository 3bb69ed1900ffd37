/** How tests, benchmark and scripts launch a browser: with which build of the extension, and trusting whom. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { unpackPackage } from '../scripts/unpackPackage.ts';
import { type ChromiumDriver, launchChromium } from './drivers/chromium.ts';
import type { BrowserDriver, LaunchOptions } from './drivers/driver.ts';
import { type FirefoxDriver, launchFirefox } from './drivers/firefox.ts';
import type { World } from './world/world.ts';

export type BrowserName = BrowserDriver['name'];

/** The browsers, as WXT calls them. */
export const wxtNames = { chromium: 'chrome', firefox: 'firefox' } as const;

/**
 * Launches a browser in a world.
 * @param extension folder or package of the extension; none for a control
 * @param more what else is different about it; resolver rules are added to the world's
 */
export function launch(driver: 'chromium', ...given: Given): Promise<ChromiumDriver>;
export function launch(driver: 'firefox', ...given: Given): Promise<FirefoxDriver>;
export function launch(driver: BrowserName, ...given: Given): Promise<BrowserDriver>;
export function launch(driver: BrowserName, ...[world, extension, more = {}]: Given): Promise<BrowserDriver> {
  const resolverRules = [world.resolverRules(), more.resolverRules].filter(Boolean).join(', ');
  const options = { ...more, extension, authority: world.authority.cert, resolverRules };
  return driver === 'chromium' ? launchChromium(options) : launchFirefox(options);
}

type Given = [
  world: World,
  extension: string | undefined,
  more?: Partial<Omit<LaunchOptions, 'extension' | 'authority'>>,
];

/** The folder of a build; of the shipped one, what unpacking its package gives. */
export function extensionFolder(driver: BrowserName, mode: 'e2e' | 'shipped' = 'e2e'): string {
  if (mode === 'shipped') return unpack(releasedPackage(driver));
  return existing(`.output/${wxtNames[driver]}-mv3-e2e`, 'build:e2e');
}

/** The package that a release offers for a browser. */
export function releasedPackage(driver: BrowserName): string {
  const { name, version } = JSON.parse(readFileSync('package.json', 'utf8')) as { name: string; version: string };
  return existing(`.output/${name}-${version}-${wxtNames[driver]}.zip`, 'zip');
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
