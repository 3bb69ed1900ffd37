/** The build that is shipped has no host permission beforehand: here the browser's real prompt is accepted, in a real window. */

import { launchChromium } from '../drivers/chromium.ts';
import { expect, extensionFolder, launchOptions, test } from '../fixtures.ts';
import { openPopup, waitForPhase } from '../pages/extension.ts';
import { connectChatGpt, followLink, openOpencode, waitUntilConnected } from '../pages/opencode.ts';

test('the shipped build asks for the one origin, and signs in once it is allowed', async ({ world, display }) => {
  const server = await world.addServer('opencode.example.com');
  const browser = await launchChromium({
    ...launchOptions(world, extensionFolder('chromium', 'shipped')),
    headless: false,
    env: display.env,
  });
  const granted = () => browser.background(async ({ permissions }) => (await permissions.getAll()).origins?.sort());
  expect(await granted()).toEqual(['http://localhost/*', 'https://auth.openai.com/*']);

  const popup = await openPopup(browser);
  await popup.fill({ role: 'textbox', name: 'Server URL' }, server.url);
  const brightness = await display.brightness();
  await popup.click({ role: 'button', name: 'Add server' });
  // No driver sees the prompt, but the browser dims the page behind it.
  await expect.poll(() => display.brightness()).toBeLessThan(brightness * 0.7);
  // From Deny, which has the focus, to Allow.
  display.press('Tab', 'Return');
  expect(await popup.waitForText('[role=status]', /^(?!Looking for)./)).toContain('Found opencode');
  expect(await granted()).toEqual([
    'http://localhost/*',
    'https://auth.openai.com/*',
    'https://opencode.example.com/*',
  ]);

  const opencode = await openOpencode(browser, server);
  await connectChatGpt(opencode);
  const tab = await followLink(browser, opencode);
  await tab.click({ role: 'button', name: 'Continue' });
  await waitForPhase(tab, 'completed');
  await waitUntilConnected(opencode);

  await browser.close();
});
