/** The package that is released, unpacked, has no server's host permission: here the browser's real prompt is accepted. */
import type { Display } from '../display.ts';
import type { ChromiumDriver } from '../drivers/chromium.ts';
import { test as base, expect } from '../fixtures.ts';
import { extensionFolder, launch } from '../launch.ts';
import { allow } from '../pages/authorize.ts';
import { hostsFromTheStart, openPopup, storedServers, waitForPhase } from '../pages/extension.ts';
import { openOpencode, waitUntilConnected } from '../pages/opencode.ts';
import { startSignIn } from '../pages/signIn.ts';

const test = base.extend<{ shipped: ChromiumDriver }>({
  shipped: async ({ world, display }, use) => {
    const browser = await launch('chromium', world, extensionFolder('chromium', 'shipped'), {
      headless: false,
      env: display.env,
    });
    await use(browser);
    await browser.close();
  },
});

test('the shipped build asks for the one origin, and signs in once it is allowed', async ({
  world,
  display,
  shipped: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  expect(await granted(browser)).toEqual(hostsFromTheStart);

  const popup = await openPopup(browser);
  await popup.fill({ role: 'textbox', name: 'Server URL' }, server.url);
  await allowIn(display, async () => {
    await popup.click({ role: 'button', name: 'Add server' });
    await popup.waitForText(
      '[role=status]',
      /The browser asks whether this extension may access opencode\.example\.com/,
    );
  });
  expect(await popup.waitForText('[role=status]', /^(?!Looking for|The browser asks)./)).toContain('Found opencode');
  expect(await granted(browser)).toEqual([...hostsFromTheStart, 'https://opencode.example.com/*']);

  const opencode = await openOpencode(browser, server);
  const tab = await startSignIn(browser, opencode);
  await tab.click(allow);
  await waitForPhase(tab, 'completed');
  await waitUntilConnected(opencode);
});

test('a sign-in on a site that the browser tells nothing about goes on once its server is added and named', async ({
  world,
  display,
  shipped: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  const opencode = await openOpencode(browser, server);
  const tab = await startSignIn(browser, opencode);

  const popup = await openPopup(browser);
  await popup.waitForText('.notice', /has started on an opencode server that is not added yet/);
  await popup.fill({ role: 'textbox', name: 'Server URL' }, server.url);
  await allowIn(display, () => popup.click({ role: 'button', name: 'Add server' }));
  await popup.click({ role: 'button', name: 'It started on opencode.example.com' });
  await popup.waitForText('[role=status]', /The sign-in goes on/);
  await tab.bringToFront();
  await tab.click(allow);
  await waitForPhase(tab, 'completed');
  await waitUntilConnected(opencode);
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
});

test('with the keyboard alone, from the shortcut on: opencode in the tab is offered, added, and signed in', async ({
  world,
  display,
  shipped: browser,
}) => {
  const server = await world.addServer('opencode.example.com', { isFresh: true });
  const opencode = await openOpencode(browser, server);
  await opencode.bringToFront();

  await openToolbarPopup(browser, display, 'Use opencode.example.com');
  await tabTo(display, inPopup(browser), 'Use opencode.example.com');
  await allowIn(display, async () => display.press('Return'));
  await expect.poll(() => granted(browser)).toEqual([...hostsFromTheStart, 'https://opencode.example.com/*']);
  await expect.poll(() => storedServers(browser)).toEqual([{ url: server.url }]);

  await openToolbarPopup(browser, display, 'OpenAI not connected');
  const tab = await browser.tabOpenedBy(async () => {
    await tabTo(display, inPopup(browser), 'Sign in to ChatGPT');
    display.press('Return');
  });
  await tab.waitFor(allow);
  await tabTo(display, (expression) => tab.page.evaluate(expression), 'Continue');
  display.press('Return');
  expect(await waitForPhase(tab, 'completed')).toContain('Signed in to ChatGPT on opencode.example.com');
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
});

/** The hosts that the extension may access. */
function granted(browser: ChromiumDriver): Promise<string[] | undefined> {
  return browser.background(async ({ permissions }) => (await permissions.getAll()).origins?.sort());
}

/** Does what makes the browser ask for a permission, and gives it. */
async function allowIn(display: Display, action: () => Promise<void>): Promise<void> {
  const brightness = await display.brightness();
  await action();
  // No driver sees the prompt, but the browser dims the page behind it.
  await expect.poll(() => display.brightness()).toBeLessThan(brightness * 0.7);
  // From Deny, which has the focus, to Allow.
  await display.pressUntilTaken('Tab');
  display.press('Return');
}

/** Opens the real popup by its shortcut, and waits until it shows a text. */
async function openToolbarPopup(browser: ChromiumDriver, display: Display, text: string): Promise<void> {
  display.press('alt+shift+o');
  await expect.poll(() => browser.inToolbarPopup('document.body.innerText')).toContain(text);
}

type Evaluate = (expression: string) => Promise<unknown>;

function inPopup(browser: ChromiumDriver): Evaluate {
  return (expression) => browser.inToolbarPopup(expression);
}

/** Presses Tab on the real keyboard until something has it. */
async function tabTo(display: Display, evaluate: Evaluate, name: string): Promise<void> {
  for (let presses = 0; presses < 20; presses += 1) {
    display.press('Tab');
    if ((await evaluate('document.activeElement?.textContent?.trim()')) === name) return;
  }
  throw new Error(`${name} is not reached with Tab`);
}
