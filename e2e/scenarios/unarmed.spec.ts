/** Callbacks of sign-ins that this browser did not see start, and sign-ins that a newer one has superseded. */
import type { Tab } from '../drivers/driver.ts';
import { expectNoSecrets } from '../expectNoSecrets.ts';
import { expect, test } from '../fixtures.ts';
import { haveServer, openPopup, waitForPhase } from '../pages/extension.ts';
import { connectChatGpt, isStillWaiting, openOpencode, waitUntilConnected } from '../pages/opencode.ts';
import { beginSignIn, startSignIn } from '../pages/signIn.ts';

const allow = { role: 'button', name: 'Continue' } as const;

/** The link of opencode's dialog, as somebody copies it. */
function copyLink(opencode: Tab): Promise<string> {
  return opencode.evaluate(
    () => document.querySelector<HTMLAnchorElement>('a[href*="/oauth/authorize"]')?.href ?? '',
    undefined,
  );
}

test('a sign-in whose link was pasted is offered to the servers, and completes on the chosen one', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  const opencode = await openOpencode(browser, server);
  await haveServer(browser, server.url);
  await connectChatGpt(opencode);
  // A pasted URL has no page that it started on.
  const tab = await browser.newTab(await copyLink(opencode));
  await tab.click(allow);

  await tab.waitForText('[role=status]', /nothing here is waiting for it/);
  expect(world.identityProvider.exchanges).toEqual([]);
  expect(await isStillWaiting(opencode)).toBe(true);
  await tab.click({ role: 'button', name: 'Send to opencode.example.com' });
  await waitForPhase(tab, 'completed');
  await waitUntilConnected(opencode);
  expect(world.identityProvider.exchanges).toEqual(['ok']);
  await expectNoSecrets({ world, server, browser, tab });
});

test('a sign-in that the user leaves is left, and forgotten', async ({ world, browserWithExtension: browser }) => {
  const server = await world.addServer('opencode.example.com');
  const opencode = await openOpencode(browser, server);
  await haveServer(browser, server.url);
  await connectChatGpt(opencode);
  const tab = await browser.newTab(await copyLink(opencode));
  await tab.click(allow);
  await tab.waitForText('[role=status]', /nothing here is waiting for it/);
  // Also a tab that is just closed leaves nothing behind: an alarm is set for it.
  await expect.poll(() => browser.background(async ({ alarms }) => (await alarms.getAll()).length)).toBe(1);
  await tab.click({ role: 'button', name: 'Leave it' });

  await expect
    .poll(() => browser.background(async ({ storage }) => JSON.stringify(await storage.session.get())))
    .not.toContain('code=');
  expect(world.identityProvider.exchanges).toEqual([]);
  expect(await isStillWaiting(opencode)).toBe(true);
});

test('the newer of two sign-ins on a server wins, and the tab of the older says so', async ({
  world,
  browserWithExtension: browser,
}) => {
  const { opencode, tab: older } = await beginSignIn(world, browser);
  await opencode.reload();
  await opencode.waitFor({ role: 'button', name: 'Settings' });
  const newer = await startSignIn(browser, opencode);

  await older.bringToFront();
  await older.click(allow);
  expect(await waitForPhase(older, 'failed')).toContain("A newer sign-in has taken this one's place");
  expect(world.identityProvider.exchanges).toEqual([]);

  await newer.bringToFront();
  await newer.click(allow);
  await waitForPhase(newer, 'completed');
  await waitUntilConnected(opencode);
  expect(world.identityProvider.exchanges).toEqual(['ok']);

  const popup = await openPopup(browser);
  const recent = await popup.waitForText('ul[aria-label="Recent sign-ins"]', /Signed in/);
  expect(recent).toContain("A newer sign-in has taken this one's place");
});
