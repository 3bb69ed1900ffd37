/** The worker or event page is ended by the browser whenever it likes: the sign-in finds its place again. */
import type { BrowserDriver } from '../drivers/driver.ts';
import { expect, test } from '../fixtures.ts';
import { allow } from '../pages/authorize.ts';
import { haveServer, waitForPhase } from '../pages/extension.ts';
import { connectChatGpt, followLink, openOpencode, waitUntilConnected } from '../pages/opencode.ts';
import { beginSignIn } from '../pages/signIn.ts';

test('a background that is suspended before the sign-in starts, and again before its response, misses neither', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  const opencode = await openOpencode(browser, server);
  await haveServer(browser, server.url);
  await connectChatGpt(opencode);
  await browser.suspendBackground();
  const tab = await followLink(browser, opencode);
  // No browser ends a background that is still at work on an event.
  await expect.poll(() => phases(browser)).toEqual(['waiting']);
  await browser.suspendBackground();
  await tab.click(allow);

  await waitForPhase(tab, 'completed');
  await waitUntilConnected(opencode);
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
});

test('a background that is suspended between capture and delivery delivers once', async ({
  world,
  browserWithExtension: browser,
}) => {
  const { server, tab } = await beginSignIn(world, browser);
  await server.goDown();
  await tab.click(allow);
  await waitForPhase(tab, 'failed');
  await browser.suspendBackground();
  await server.comeBack();
  await tab.reload();
  expect(await waitForPhase(tab, 'failed')).toContain('cannot be reached');
  await tab.click({ role: 'button', name: 'Try again' });

  await waitForPhase(tab, 'completed');
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
});

/** The phases of the sign-ins that are remembered. */
function phases(browser: BrowserDriver): Promise<unknown[]> {
  return browser.background(async ({ storage }) => {
    const items = Object.entries(await storage.session.get()).filter(([key]) => key.startsWith('sign-in:'));
    return items.map(([, record]) => (record as { phase: string }).phase);
  });
}
