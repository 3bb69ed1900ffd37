/** The main job without a pointer. In the real popup, from its shortcut on, it is in shipped-build. */
import type { Tab } from '../drivers/driver.ts';
import { expect, test } from '../fixtures.ts';
import { allow } from '../pages/authorize.ts';
import { focused, haveServer, openPopup, waitForPhase } from '../pages/extension.ts';

test('a server is added and signed in with the keyboard alone', async ({ world, browserWithExtension: browser }) => {
  const server = await world.addServer('opencode.example.com', { isFresh: true });
  const popup = await openPopup(browser);
  // The keyboard is in the field from the beginning.
  await expect.poll(() => popup.evaluate(() => document.activeElement?.id, undefined)).toBe('server-url');
  await popup.type(server.url);
  await tabTo(popup, 'Add server');
  await popup.press(' ');
  await popup.waitForText('[role=status]', /Found opencode/);

  // As it is opened again.
  await popup.reload();
  await popup.waitForText('ul[aria-label=Servers]', /OpenAI not connected/);
  const provider = await browser.tabOpenedBy(async () => {
    await tabTo(popup, 'Sign in to ChatGPT');
    await popup.press('Enter');
  });
  await provider.waitFor(allow);
  await tabTo(provider, 'Continue');
  await provider.press('Enter');
  expect(await waitForPhase(provider, 'completed')).toContain('Signed in to ChatGPT on opencode.example.com');
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);

  // As it is opened later: opencode has taken the login up.
  const state = async () => {
    await popup.reload();
    return popup.waitForText('ul[aria-label=Servers]', /OpenAI (not )?connected/);
  };
  await expect.poll(state).toContain('OpenAI connected');
});

test('what to sign in to is chosen with the keyboard alone, and the keyboard is never lost', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  await haveServer(browser, server.url);
  const popup = await openPopup(browser);
  await popup.waitForText('ul[aria-label=Servers]', /OpenAI not connected/);
  await tabTo(popup, 'More sign-ins…');
  await popup.press('Enter');
  await popup.waitFor({ role: 'button', name: 'GitLab Duo GitLab OAuth' });
  await tabTo(popup, 'GitLab Duo GitLab OAuth');
  await popup.press('Enter');
  await expect.poll(() => focused(popup)).toBe('GitLab instance URL');
  await tabTo(popup, 'Back');
  await popup.press('Enter');
  await expect.poll(() => focused(popup)).toBe('GitLab Duo GitLab OAuth');
  await popup.press('Enter');
  await expect.poll(() => focused(popup)).toBe('GitLab instance URL');
  await popup.type('https://gitlab.com');
  const provider = await browser.tabOpenedBy(() => popup.press('Enter'));
  await provider.waitFor(allow);
  await tabTo(provider, 'Continue');
  await provider.press('Enter');
  expect(await waitForPhase(provider, 'completed')).toContain('Signed in to GitLab Duo on opencode.example.com');
});

/** Presses Tab until something has the keyboard. */
async function tabTo(tab: Tab, name: string): Promise<void> {
  for (let presses = 0; presses < 20; presses += 1) {
    await tab.press('Tab');
    if ((await focused(tab)) === name) return;
  }
  throw new Error(`${name} is not reached with Tab`);
}
