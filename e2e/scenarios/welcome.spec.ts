/** The page that opens after the installation: that it does is what every launch of a browser waits for. */
import { expect } from '../fixtures.ts';
import { addServer, storedServers } from '../pages/extension.ts';
import { test } from '../states/fixture.ts';
import { show } from '../states/scene.ts';

test('the welcome page adds the first server, and says what comes next', async ({ scene }) => {
  const { tab, browser, server, locked } = scene;
  await show(scene, 'welcome.html');
  expect(await addServer(tab, 'https://down.example.com')).toContain('cannot be reached');
  expect(await tab.evaluate(() => document.querySelector('.begin')?.textContent, undefined)).not.toContain(
    'That is all',
  );

  expect(await addServer(tab, server.url)).toContain('Found opencode 1.18.33');
  await tab.waitForText('.begin', /That is all/);
  expect(await storedServers(browser)).toEqual([{ url: server.url }]);

  expect(await addServer(tab, locked.url)).toBe(
    'It is added. team.example.com asks for its password: open opencode and log in there.',
  );
  expect(await tab.evaluate(() => document.querySelector('#server-url[aria-invalid=true]'), undefined)).toBeNull();
});
