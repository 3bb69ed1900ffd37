/** Callbacks of sign-ins that this browser did not see start, and sign-ins that a newer one has superseded. */
import { createServer } from 'node:http';
import type { BrowserDriver } from '../drivers/driver.ts';
import { expectNoSecrets } from '../expectNoSecrets.ts';
import { expect, test } from '../fixtures.ts';
import { allow, authorizeOn } from '../pages/authorize.ts';
import { haveServer, openPopup, waitForPhase } from '../pages/extension.ts';
import { connectChatGpt, copyLink, openOpencode, waitUntilConnected } from '../pages/opencode.ts';
import { beginSignIn, startSignIn } from '../pages/signIn.ts';
import type { World } from '../world/world.ts';

test('a sign-in whose link was pasted into another tab completes there, whatever listens on this computer', async ({
  world,
  browserWithExtension: browser,
}) => {
  const received: (string | undefined)[] = [];
  const local = createServer((request, response) => {
    received.push(request.url);
    response.end('a local program');
  });
  await world.listenOnUserPort1455(local);
  const { server, opencode, link } = await copyLinkOfDialog(world, browser);
  // A pasted URL has no page that it started on.
  const tab = await browser.newTab(link);
  await tab.click(allow);

  await waitForPhase(tab, 'completed');
  await waitUntilConnected(opencode);
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
  expect(received).toEqual([]);
  await expectNoSecrets({ world, server, browser, tab });
});

test('a sign-in whose link was pasted into another window completes there without a question', async ({
  world,
  browserWithExtension: browser,
}) => {
  const { opencode, link } = await copyLinkOfDialog(world, browser);
  const tab = await browser.tabOpenedBy(() =>
    browser.background(async ({ windows }) => {
      await windows.create({ url: 'about:blank' });
    }),
  );
  await tab.goto(link);
  await tab.click(allow);

  await waitForPhase(tab, 'completed');
  await waitUntilConnected(opencode);
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
  // With its window, of which the driver would keep the first tab.
  await tab.close();
});

test("a sign-in whose last step is in another tab, as by a link in the provider's mail, completes there", async ({
  world,
  browserWithExtension: browser,
}) => {
  const { server, opencode, tab: provider } = await beginSignIn(world, browser);
  const tab = await browser.newTab((await provider.url()).replace('/oauth/authorize?', '/log-in?'));
  await tab.click(allow);

  await waitForPhase(tab, 'completed');
  await waitUntilConnected(opencode);
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
  await expectNoSecrets({ world, server, browser, tab });
});

test('a sign-in that was started where this browser did not see it is offered to the servers, first to the one where a sign-in waits, and completes there', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  const other = await world.addServer('team.example.com', { isFresh: true });
  for (const { url } of [other, server]) await haveServer(browser, url);
  // As by another browser profile, whose user has sent the link.
  const tab = await browser.newTab(await authorizeOn(server));
  await tab.click(allow);

  // By the listener that waits there: nothing else tells where it was started.
  const asked = await tab.waitForText('[role=status]', /A sign-in to ChatGPT may be waiting on opencode\.example\.com/);
  expect(asked).toContain('nothing here is waiting for it');
  const offered = await tab.evaluate(
    () => [...document.querySelectorAll('.destinations button')].map((b) => b.textContent),
    undefined,
  );
  expect(offered).toEqual(['Send to opencode.example.com', 'Send to team.example.com']);
  expect(world.providers.chatgpt.exchanges).toEqual([]);
  await tab.click({ role: 'button', name: 'Send to opencode.example.com' });
  await waitForPhase(tab, 'completed');
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
  await expectNoSecrets({ world, server, browser, tab });
});

test('a sign-in that the user leaves is left, and forgotten', async ({ world, browserWithExtension: browser }) => {
  const server = await world.addServer('opencode.example.com');
  await haveServer(browser, server.url);
  const tab = await browser.newTab(await authorizeOn(server));
  await tab.click(allow);
  await tab.waitForText('[role=status]', /nothing here is waiting for it/);
  // Also a tab that is just closed leaves nothing behind: an alarm is set for it.
  await expect.poll(() => browser.background(async ({ alarms }) => (await alarms.getAll()).length)).toBe(1);
  await tab.click({ role: 'button', name: 'Leave it' });

  await expect
    .poll(() => browser.background(async ({ storage }) => JSON.stringify(await storage.session.get())))
    .not.toContain('code=');
  expect(world.providers.chatgpt.exchanges).toEqual([]);
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
  expect(world.providers.chatgpt.exchanges).toEqual([]);

  await newer.bringToFront();
  await newer.click(allow);
  await waitForPhase(newer, 'completed');
  await waitUntilConnected(opencode);
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);

  const popup = await openPopup(browser);
  const recent = await popup.waitForText('ul[aria-label="Recent sign-ins"]', /Signed in/);
  expect(recent).toContain("A newer sign-in has taken this one's place");
});

/** Starts a sign-in to ChatGPT in opencode's web UI, and copies its link instead of following it. */
async function copyLinkOfDialog(world: World, browser: BrowserDriver) {
  const server = await world.addServer('opencode.example.com');
  const opencode = await openOpencode(browser, server);
  await haveServer(browser, server.url);
  await connectChatGpt(opencode);
  return { server, opencode, link: await copyLink(opencode) };
}
