/** The page that opens after the installation: that it does is what every launch of a browser waits for. */
import { expect } from '../fixtures.ts';
import { addServer, focused, storedServers } from '../pages/extension.ts';
import { test } from '../states/fixture.ts';
import { show } from '../states/scene.ts';

const list = 'ul[aria-label=Servers]';

test('the welcome page adds the first server, and gives way to it: the sign-in is one click away', async ({
  scene,
}) => {
  const { tab, browser, server, locked } = scene;
  await show(scene, 'welcome.html');
  expect(await addServer(tab, 'https://down.example.com')).toContain('cannot be reached');
  await tab.waitFor({ role: 'textbox', name: 'Server URL' });

  expect(await addServer(tab, server.url)).toBe('Found opencode 1.18.33 at opencode.example.com.');
  await expect.poll(() => focused(tab)).toBe('Sign in to ChatGPT');
  expect(await tab.evaluate(() => document.querySelector('input'), undefined)).toBeNull();
  expect(await storedServers(browser)).toEqual([{ url: server.url }]);

  expect(await addServer(tab, locked.url)).toBe('team.example.com is added.');
  await tab.waitForText(list, /team\.example\.com asks for its password/);
});
