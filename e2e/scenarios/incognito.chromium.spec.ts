/** Incognito windows, where Chromium runs the extension a second time (`incognito: split`). */
import type { ChromiumDriver } from '../drivers/chromium.ts';
import { test as base, expect } from '../fixtures.ts';
import { extensionFolder, launch } from '../launch.ts';
import { allow } from '../pages/authorize.ts';
import { haveServer, waitForPhase } from '../pages/extension.ts';
import { connectChatGpt, copyLink, openOpencode, signInToOpencode, waitUntilConnected } from '../pages/opencode.ts';
import { startSignIn } from '../pages/signIn.ts';

/** Whether it is allowed there outlives a test, so each has a browser of its own. */
const test = base.extend<{ chromium: ChromiumDriver }>({
  chromium: async ({ world }, use) => {
    const browser = await launch('chromium', world, extensionFolder('chromium'));
    await use(browser);
    await browser.close();
  },
});

test('in an Incognito window a sign-in completes when the extension is allowed there', async ({ world, chromium }) => {
  await chromium.allowPrivateWindows();
  const server = await world.addServer('opencode.example.com', { password: 'correct-horse' });
  await haveServer(chromium, server.url);
  const opencode = await chromium.newPrivateTab();
  await signInToOpencode(opencode, server);
  const tab = await startSignIn(chromium, opencode);
  await tab.click(allow);
  await waitForPhase(tab, 'completed');
  await waitUntilConnected(opencode);
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
});

test("opencode's link, copied into an Incognito window, completes there", async ({ world, chromium }) => {
  await chromium.allowPrivateWindows();
  const server = await world.addServer('opencode.example.com');
  await haveServer(chromium, server.url);
  const opencode = await openOpencode(chromium, server);
  await connectChatGpt(opencode);
  const link = await copyLink(opencode);
  const tab = await chromium.newPrivateTab();
  await tab.goto(link);
  await tab.click(allow);
  await waitForPhase(tab, 'completed');
  await waitUntilConnected(opencode);
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
});

test('in an Incognito window where the extension is not allowed, nothing is touched', async ({ world, chromium }) => {
  const server = await world.addServer('opencode.example.com');
  await haveServer(chromium, server.url);
  const opencode = await chromium.newPrivateTab();
  await signInToOpencode(opencode, server);
  const tab = await startSignIn(chromium, opencode);
  await tab.click(allow);
  expect(await tab.waitForErrorPage()).toBe('connection-refused');
  expect(world.providers.chatgpt.exchanges).toEqual([]);
});
