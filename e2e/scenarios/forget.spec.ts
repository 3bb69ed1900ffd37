/** One browser serves test after test: what one of them leaves behind, another one may not find. */
import type { BrowserDriver } from '../drivers/driver.ts';
import { test as base, expect } from '../fixtures.ts';
import { extensionFolder, launch } from '../launch.ts';
import { haveServer } from '../pages/extension.ts';

const test = base.extend<{ newBrowser: BrowserDriver }>({
  newBrowser: async ({ world, driver }, use) => {
    const browser = await launch(driver, world, extensionFolder(driver));
    await use(browser);
    await browser.close();
  },
});

test('a browser that forgets has no tab, nothing of a site, and an extension as it was installed', async ({
  world,
  newBrowser: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  const atFirst = await stateOf(browser);
  const page = await browser.newTab(`${server.url}/global/health`);
  await page.evaluate(async () => {
    localStorage.kept = 'kept';
    await (
      globalThis as unknown as { cookieStore: { set(name: string, value: string): Promise<void> } }
    ).cookieStore.set('kept', 'kept');
    console.log('kept');
  }, undefined);
  await haveServer(browser, server.url);
  await browser.background(async ({ storage, declarativeNetRequest }) => {
    await Promise.all([storage.local.set({ kept: 'kept' }), storage.session.set({ kept: 'kept' })]);
    const rule = { id: 1, condition: { urlFilter: '||kept.example.com' }, action: { type: 'block' as const } };
    await declarativeNetRequest.updateSessionRules({ addRules: [rule] });
  });
  await expect.poll(() => browser.consoleOutput()).toContain('kept');
  const read = () => ({ stored: localStorage.kept, cookie: document.cookie });
  expect(await page.evaluate(read, undefined)).toEqual({ stored: 'kept', cookie: 'kept=kept' });
  expect(await stateOf(browser)).not.toEqual(atFirst);

  expect(await browser.forget()).toBe(true);

  expect(await stateOf(browser)).toEqual(atFirst);
  expect(await browser.consoleOutput()).not.toContain('kept');
  const again = await browser.newTab(`${server.url}/global/health`);
  expect(await again.evaluate(read, undefined)).toEqual({ cookie: '' });
});

test('a browser that forgets has no login to a server, or says that it kept one', async ({
  world,
  newBrowser: browser,
}) => {
  const server = await world.addServer('opencode.example.com', { password: 'correct-horse' });
  await browser.newTab(`${server.url.replace('https://', 'https://opencode:correct-horse@')}/global/health`);
  expect(await statusOf('/kept')).not.toBe('401');

  expect(await browser.forget()).toBe(browser.name === 'firefox');

  if (browser.name === 'firefox') expect(await statusOf('/forgotten')).toBe('401');

  /** What the server answers a new tab, which may then wait for somebody to type a password. */
  async function statusOf(path: string): Promise<string> {
    const page = await browser.newTab('about:blank');
    await page.evaluate((url) => {
      location.href = url;
    }, server.url + path);
    const line = () => server.reverseProxy.accessLog.find((text) => text.startsWith(`GET ${path} `));
    await expect.poll(line).toBeDefined();
    return line()?.split(' ').at(-1) ?? '';
  }
});

/** What the extension keeps, its rules, and how many tabs there are. */
function stateOf(browser: BrowserDriver): Promise<unknown> {
  return browser.background(async ({ storage, declarativeNetRequest, tabs }) => ({
    areas: await Promise.all([storage.local, storage.sync, storage.session].map((area) => area.get())),
    rules: await declarativeNetRequest.getSessionRules(),
    tabs: (await tabs.query({})).length,
  }));
}
