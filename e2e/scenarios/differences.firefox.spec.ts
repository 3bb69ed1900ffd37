/** What works differently in Firefox, and works. */
import type { FirefoxDriver } from '../drivers/firefox.ts';
import { test as base, expect } from '../fixtures.ts';
import { extensionFolder, launch, releasedPackage } from '../launch.ts';
import { allow } from '../pages/authorize.ts';
import { addServer, haveServer, hostsFromTheStart, openPopup, waitForPhase } from '../pages/extension.ts';
import { connectChatGpt, copyLink, openOpencode, signInToOpencode, waitUntilConnected } from '../pages/opencode.ts';
import { beginSignIn, startSignIn } from '../pages/signIn.ts';

const test = base.extend<{ firefox: FirefoxDriver; shipped: FirefoxDriver }>({
  firefox: async ({ world }, use) => {
    const browser = await launch('firefox', world, extensionFolder('firefox'));
    await use(browser);
    await browser.close();
  },
  /** The package that is released, as a temporary add-on, with the browser's real prompts. */
  shipped: async ({ world }, use) => {
    const browser = await launch('firefox', world, releasedPackage('firefox'), {
      firefoxPrefs: { 'extensions.webextOptionalPermissionPrompts': true, 'security.notification_enable_delay': 0 },
    });
    await use(browser);
    await browser.close();
  },
});

test('the popup closes while the browser asks for the permission, and the server is added all the same', async ({
  world,
  shipped,
}) => {
  const server = await world.addServer('opencode.example.com');
  await shipped.openToolbarPopup();
  await shipped.type(server.url);
  await shipped.pressEnter();
  await shipped.acceptPrompt();
  await expect
    .poll(() => shipped.background(async ({ storage }) => Object.keys(await storage.sync.get())))
    .toEqual([`server:${server.url}`]);
  expect(await shipped.background(async ({ permissions }) => (await permissions.getAll()).origins?.sort())).toEqual([
    ...hostsFromTheStart,
    'https://opencode.example.com/*',
  ]);

  const opencode = await openOpencode(shipped, server);
  const tab = await startSignIn(shipped, opencode);
  await tab.click(allow);
  await waitForPhase(tab, 'completed');
  await waitUntilConnected(opencode);
});

test('without an opencode tab a protected server asks for its password, and the sign-in goes on once opencode is open', async ({
  world,
  firefox,
}) => {
  const { opencode, tab } = await beginSignIn(world, firefox, { password: 'correct-horse' });
  await opencode.close();
  await tab.click(allow);
  expect(await waitForPhase(tab, 'failed')).toContain('opencode.example.com asks for its password');

  await tab.click({ role: 'link', name: 'Open opencode' });
  await waitForPhase(tab, 'completed');
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
});

test("a server's permission that was withdrawn meanwhile is asked for again, and the sign-in goes on", async ({
  world,
  firefox,
}) => {
  const { tab } = await beginSignIn(world, firefox);
  await firefox.withdrawHost('https://opencode.example.com/*');
  await firefox.withdrawHost('https://*.example.com/*');
  await tab.click(allow);
  expect(await waitForPhase(tab, 'failed')).toContain('may not access opencode.example.com');

  await tab.click({ role: 'button', name: 'Allow access to opencode.example.com' });
  await waitForPhase(tab, 'completed');
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
});

test('when the hosts that every sign-in needs were withdrawn, the popup says so and asks for them', async ({
  firefox,
}) => {
  await firefox.withdrawHost('https://auth.openai.com/*');
  const popup = await openPopup(firefox);
  await popup.waitForText('.notice', /does not let this extension see sign-ins/);
  await popup.click({ role: 'button', name: 'Allow access' });
  await expect.poll(() => popup.evaluate(() => document.querySelector('.notice') === null, undefined)).toBe(true);
});

test('in a private window a sign-in completes when the extension is allowed there', async ({ world, firefox }) => {
  await firefox.allowPrivateWindows();
  const server = await world.addServer('opencode.example.com', { password: 'correct-horse' });
  const opencode = await firefox.newPrivateTab();
  await signInToOpencode(opencode, server);
  const popup = await openPopup(firefox);
  expect(await addServer(popup, server.url)).toContain('Found opencode');
  const tab = await startSignIn(firefox, opencode);
  await tab.click(allow);
  await waitForPhase(tab, 'completed');
  await waitUntilConnected(opencode);
});

for (const place of ['a private window', 'a container']) {
  test(`opencode's link, copied into ${place}, completes there`, async ({ world, firefox }) => {
    await firefox.allowPrivateWindows();
    const server = await world.addServer('opencode.example.com');
    await haveServer(firefox, server.url);
    const opencode = await openOpencode(firefox, server);
    await connectChatGpt(opencode);
    const link = await copyLink(opencode);
    const tab = await (place === 'a container' ? firefox.newContainerTab() : firefox.newPrivateTab());
    await tab.goto(link);
    await tab.click(allow);
    await waitForPhase(tab, 'completed');
    await waitUntilConnected(opencode);
  });
}

test('in a private window where the extension is not allowed, nothing is touched', async ({ world, firefox }) => {
  const server = await world.addServer('opencode.example.com');
  await haveServer(firefox, server.url);
  const opencode = await firefox.newPrivateTab();
  await signInToOpencode(opencode, server);
  const tab = await startSignIn(firefox, opencode);
  await tab.click(allow);
  expect(await tab.waitForErrorPage()).toBe('connection-refused');
});
