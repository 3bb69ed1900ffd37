/** What people do in the popup, besides adding a server. */
import { expect } from '../fixtures.ts';
import { addServer, focused, storedServers } from '../pages/extension.ts';
import { test } from '../states/fixture.ts';
import { showBehind, showFifty } from '../states/popup.ts';
import { type Scene, seedServers, show } from '../states/scene.ts';

const list = 'ul[aria-label=Servers]';

test('a removed server comes back with Undo, with its name, its password and its place', async ({ scene }) => {
  const { tab, locked } = scene;
  await seedServers(scene, [
    { url: scene.server.url },
    { url: locked.url, name: 'Team server' },
    { url: 'https://down.example.com' },
  ]);
  await show(scene, 'popup.html');
  await tab.fill({ role: 'textbox', name: 'Password' }, 'correct-horse');
  await tab.click({ role: 'button', name: 'Store password' });
  await tab.waitForText(`${list} [role=status]`, /Found opencode/);
  const before = await stored(scene);
  expect(JSON.stringify(before)).toContain('correct-horse');

  await tab.click({ role: 'button', name: 'More about Team server' });
  await tab.click({ role: 'button', name: 'Remove' });
  await tab.waitForText('[role=status]', /Removed Team server/);
  await expect.poll(() => focused(tab)).toBe('Undo');
  expect(JSON.stringify(await stored(scene))).not.toMatch(/Team server|correct-horse/);

  await tab.press('Enter');
  await expect.poll(() => focused(tab)).toBe('Sign in to ChatGPT');
  await tab.waitForText(`${list} li:nth-child(2)`, /Team server/);
  expect(await stored(scene)).toEqual(before);
});

test('a server is called by the name that the user gives it, and by its own without one', async ({ scene }) => {
  const { tab } = scene;
  await seedServers(scene, [{ url: scene.server.url }]);
  await show(scene, 'popup.html');
  await tab.click({ role: 'button', name: 'More about opencode.example.com' });
  await tab.fill({ role: 'textbox', name: 'Name' }, 'Office');
  await tab.click({ role: 'button', name: 'Rename' });
  await tab.waitForText('[role=status]', /Saved/);
  await tab.reload();
  expect(await tab.waitForText(list, /Office/)).toContain('opencode.example.com');

  await tab.click({ role: 'button', name: 'More about Office' });
  await tab.fill({ role: 'textbox', name: 'Name' }, '');
  await tab.click({ role: 'button', name: 'Rename' });
  await tab.waitFor({ role: 'button', name: 'Less about opencode.example.com' });
});

test('details are opened and closed with the keyboard, which stays where it was', async ({ scene }) => {
  const { tab } = scene;
  await seedServers(scene, [{ url: scene.server.url }]);
  await show(scene, 'popup.html');
  await tab.click({ role: 'button', name: 'More about opencode.example.com' });
  await tab.waitFor({ role: 'button', name: 'Remove' });
  expect(await focused(tab)).toBe('Less about opencode.example.com');
  await tab.press('Enter');
  await tab.waitFor({ role: 'button', name: 'More about opencode.example.com' });
  expect(await focused(tab)).toBe('More about opencode.example.com');
});

test('fifty servers are found by typing, by name and by host', async ({ scene }) => {
  const { tab } = scene;
  await showFifty(scene);
  const names = () =>
    tab.evaluate((css) => [...document.querySelectorAll(`${css} .name`)].map((name) => name.textContent).join(), list);
  await tab.fill({ xpath: '//input[@type="search"]' }, ' CHICAGO 1');
  await expect.poll(names).toBe('Chicago 1,Chicago 10');
  await tab.fill({ xpath: '//input[@type="search"]' }, 'example.com/dakar-7');
  await expect.poll(names).toBe('Dakar 7');
  await tab.fill({ xpath: '//input[@type="search"]' }, 'Atlantis');
  await tab.waitForText('[role=status]', /No server has “Atlantis” in its name/);
});

test('a callback URL is checked for sense before it is kept, and the keyboard is where it can be corrected', async ({
  scene,
}) => {
  const { tab } = scene;
  await seedServers(scene, [{ url: scene.server.url }]);
  await show(scene, 'popup.html');
  await tab.click({ role: 'button', name: 'More about opencode.example.com' });
  await tab.click({ xpath: '//label[normalize-space()="Through a callback URL"]/input' });
  for (const [typed, problem] of [
    ['', /not a URL/],
    ['http://opencode.example.com/auth/callback', /has to start with https/],
    ['https://localhost:1455/auth/callback', /leads to this computer/],
    ['https://opencode.example.com/{host}', /can stand in braces/],
    ['https://opencode.example.com/auth/callback?x=1', /question mark/],
  ] as const) {
    await tab.fill({ role: 'textbox', name: 'Callback URL' }, typed);
    await tab.click({ role: 'button', name: 'Save' });
    await tab.waitForText('[role=status]', problem);
    expect(await focused(tab)).toContain('Callback URL');
  }
  expect(await stored(scene)).toEqual({ servers: [{ url: scene.server.url }] });

  await tab.fill({ role: 'textbox', name: 'Callback URL' }, 'https://opencode.example.com/proxy/{port}{path}');
  await tab.click({ role: 'button', name: 'Save' });
  await tab.waitForText('[role=status]', /Saved/);
  expect(await stored(scene)).toEqual({
    servers: [{ url: scene.server.url, callbackTemplate: 'https://opencode.example.com/proxy/{port}{path}' }],
  });
  await tab.click({ xpath: '//label[normalize-space()="Automatically"]/input' });
  await expect.poll(() => stored(scene)).toEqual({ servers: [{ url: scene.server.url }] });
});

test('after an error the keyboard is in the field', async ({ scene }) => {
  const { tab } = scene;
  await show(scene, 'popup.html');
  for (const typed of ['ftp://opencode.example.com', 'https://down.example.com']) {
    await addServer(tab, typed);
    await expect.poll(() => focused(tab)).toBe('Server URL');
  }
});

test('a second server is one click and its URL away, and what was found of it stays to be read', async ({ scene }) => {
  const { tab, server, locked } = scene;
  await seedServers(scene, [{ url: server.url }]);
  await show(scene, 'popup.html');
  await tab.waitFor({ role: 'button', name: 'Add another server' });
  expect(await tab.evaluate(() => document.querySelector('#server-url'), undefined)).toBeNull();
  await tab.click({ role: 'button', name: 'Add another server' });
  await expect.poll(() => focused(tab)).toBe('Server URL');
  await tab.type(locked.url);
  await tab.press('Enter');
  await tab.waitForText('[role=status]', /team\.example\.com is added/);
  await tab.waitForText(`${list} [role=status]`, /team\.example\.com asks for its password/);
  await expect.poll(() => focused(tab)).toBe('More about team.example.com');
  expect(await storedServers(scene.browser)).toEqual([{ url: server.url }, { url: locked.url }]);
});

test('a server that is added once more is looked at once more', async ({ scene }) => {
  const { tab, server } = scene;
  await seedServers(scene, [{ url: server.url }]);
  await server.goDown();
  await show(scene, 'popup.html');
  await tab.waitForText(list, /cannot be reached/);
  await server.comeBack();

  expect(await addServer(tab, server.url)).toContain('Found opencode');
  await tab.waitForText(list, /OpenAI not connected/);
  expect(await storedServers(scene.browser)).toEqual([{ url: server.url }]);
});

test('opencode in the tab that the user is on is offered by its name, and added', async ({ scene }) => {
  const { tab, server } = scene;
  const site = await showBehind(scene, `${server.url}/session/some/page`);
  await tab.waitFor({ role: 'button', name: 'Use opencode.example.com' });
  await tab.bringToFront();
  await tab.click({ role: 'button', name: 'Use opencode.example.com' });
  await tab.waitForText(list, /opencode 1\.18\.33/);
  expect(await stored(scene)).toEqual({ servers: [{ url: server.url }] });
  await site.close();
});

/** What the extension remembers for good. */
async function stored({ browser }: Scene): Promise<Record<string, unknown>> {
  const servers = await storedServers(browser);
  const { credentials = {} } = await browser.background(({ storage }) => storage.local.get('credentials'));
  return { servers, ...(Object.keys(credentials as object).length > 0 ? { credentials } : {}) };
}
