/**
 * For working on the extension: it is built anew and reloaded whenever its code changes, in a browser with a window of its
 * own, beside the real opencode and the stand-in for auth.openai.com. Ctrl-C ends everything.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createServer } from 'wxt';
import type { BrowserDriver } from './drivers/driver.ts';
import { launch, wxtNames } from './launch.ts';
import { createWorld, type World } from './world/world.ts';

const PASSWORD = 'correct-horse-battery-staple';

const { values: options } = parseArgs({ options: { browser: { type: 'string', default: 'chromium' } } });
if (options.browser !== 'chromium' && options.browser !== 'firefox') {
  fail(`--browser is chromium or firefox, not "${options.browser}"`);
}
if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
  fail('A browser with a window needs a display: DISPLAY is not set.');
}
const driver = options.browser;

const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
});
const cleanUps: (() => Promise<unknown>)[] = [];
const problem = await Promise.race([start().catch((error: Error) => error), interrupted]);
if (!problem) await interrupted;
// Ctrl-C has reached the browser too: it may be gone already.
for (const cleanUp of cleanUps.reverse()) await cleanUp().catch(() => {});
if (problem) fail(problem.message);
process.exit();

async function start(): Promise<void> {
  const world = await createWorld();
  cleanUps.push(world.close);
  const server = await world.addServer('opencode.example.com', { password: PASSWORD });

  // The browser is not the reloader's, because it has to trust the run's certificates.
  const reloader = await createServer({ browser: wxtNames[driver], webExt: { disabled: true } });
  cleanUps.push(() => reloader.stop());
  await reloader.start();
  const folder = resolve(`.output/${wxtNames[driver]}-mv3-dev`);
  const browser = await (driver === 'firefox' ? openFirefox(world, folder) : openChromium(world, folder));
  cleanUps.push(browser.close);

  await browser.newTab(server.url.replace('https://', `https://opencode:${PASSWORD}@`));
  console.log(
    `\nAdd ${server.url} in the extension. opencode's password there is ${PASSWORD}. Ctrl-C ends everything.`,
  );
}

/** Chromium reloads an unpacked extension only in developer mode, and takes it away otherwise. */
async function openChromium(world: World, extension: string): Promise<BrowserDriver> {
  const profile = mkdtempSync(join(tmpdir(), 'courier-dev-'));
  // Playwright ends the process on Ctrl-C once the browser is closed, and does not wait for more.
  process.on('exit', () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
  mkdirSync(join(profile, 'Default'));
  const preferences = { extensions: { ui: { developer_mode: true } } };
  writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences));
  return launch('chromium', world, extension, { headless: false, profile });
}

/** Firefox asks before it allows a host, as it asks its users. */
async function openFirefox(world: World, extension: string): Promise<BrowserDriver> {
  const firefoxPrefs = { 'extensions.webextOptionalPermissionPrompts': true };
  const browser = await launch('firefox', world, undefined, { headless: false, firefoxPrefs });
  await browser.installAnother(extension);
  return browser;
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
