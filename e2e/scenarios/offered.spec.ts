/** Sign-ins that start on a server which was not added yet. In Chromium, a site that may not be accessed is in shipped-build. */
import type { Tab } from '../drivers/driver.ts';
import { expect } from '../fixtures.ts';
import { allow, authorizeOn, followLinkTo } from '../pages/authorize.ts';
import { waitForPhase } from '../pages/extension.ts';
import { test } from '../states/fixture.ts';
import { type Scene, show } from '../states/scene.ts';

const addAndFinish = { role: 'button', name: 'Add opencode.example.com and finish this sign-in there' } as const;

test('a sign-in that started on a server not added yet is offered, and goes on after one click', async ({ scene }) => {
  const { tab, world } = scene;
  const exchanges = world.providers.chatgpt.exchanges.length;
  const { provider, page } = await startElsewhere(scene);
  await expect.poll(() => badge(scene)).toBe('+');

  await show(scene, 'popup.html');
  await tab.click(addAndFinish);
  await tab.waitForText('[role=status]', /The sign-in goes on/);
  await expect.poll(() => badge(scene)).toBe('…');
  await provider.bringToFront();
  await provider.click(allow);
  expect(await waitForPhase(provider, 'completed')).toContain('Signed in to ChatGPT on opencode.example.com');
  expect(world.providers.chatgpt.exchanges.slice(exchanges)).toEqual(['ok']);
  await provider.close();
  await page.close();
});

test('a response that has come back already is offered to the server that it started on, and goes there after one click', async ({
  scene,
}) => {
  const { world } = scene;
  const exchanges = world.providers.chatgpt.exchanges.length;
  const { provider, page } = await startElsewhere(scene);
  await provider.click(allow);
  await provider.waitForText('[role=status]', /has started on opencode\.example\.com, which is not added yet/);
  expect(world.providers.chatgpt.exchanges.slice(exchanges)).toEqual([]);

  await provider.click(addAndFinish);
  expect(await waitForPhase(provider, 'completed')).toContain('Signed in to ChatGPT on opencode.example.com');
  expect(world.providers.chatgpt.exchanges.slice(exchanges)).toEqual(['ok']);
  await provider.close();
  await page.close();
});

test('a sign-in whose URL was pasted is not offered, and left alone', async ({ scene }) => {
  const { tab, server, world } = scene;
  const exchanges = world.providers.chatgpt.exchanges.length;
  const provider = await openPasted(scene, await authorizeOn(server));
  await provider.waitFor(allow);
  await show(scene, 'popup.html');
  await tab.waitFor({ role: 'button', name: 'Add server' });
  expect(await tab.evaluate(() => document.querySelector('.notice')?.textContent, undefined)).toBeUndefined();
  expect(await badge(scene)).toBe('');

  await provider.bringToFront();
  await provider.click(allow);
  expect(await provider.waitForErrorPage()).toBe('connection-refused');
  expect(world.providers.chatgpt.exchanges.slice(exchanges)).toEqual([]);
  await provider.close();
});

async function startElsewhere({ browser, server }: Scene): Promise<{ provider: Tab; page: Tab }> {
  const page = await browser.newTab(`${server.url}/global/health`);
  const provider = await followLinkTo(browser, page, await authorizeOn(server));
  await provider.waitFor(allow);
  return { provider, page };
}

/** Opens a URL that no page leads to, in a tab that no other has opened: Chromium's driver opens each from the one in front. */
function openPasted({ browser }: Scene, url: string): Promise<Tab> {
  if (browser.name === 'firefox') return browser.newTab(url);
  return browser.tabOpenedBy(async () => {
    await browser.background(({ tabs }, pasted) => tabs.create({ url: pasted }).then(() => {}), url);
  });
}

function badge({ browser }: Scene): Promise<string> {
  return browser.background(({ action }) => action.getBadgeText({}));
}
