/**
 * The browser is closed and started again in the middle of a sign-in. What is remembered of it lives in memory only, so it
 * is forgotten, with its code and its capture rule; nothing is sent to anybody because of that.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, expect } from '../fixtures.ts';
import { extensionFolder, launch } from '../launch.ts';
import { allow } from '../pages/authorize.ts';
import { haveServer, waitForPhase } from '../pages/extension.ts';
import { connectChatGpt, followLink, openOpencode } from '../pages/opencode.ts';
import { startSignIn } from '../pages/signIn.ts';
import { addToReliability, RESTART } from '../reliability.ts';

const given = { fault: RESTART, signIn: 'ChatGPT, loopback' } as const;
const forgotten = 'This page has no sign-in to show';

/** Starts the same user's browser, once and again. */
const test = base.extend<{ startBrowser: () => ReturnType<typeof launch> }>({
  startBrowser: async ({ world, driver }, use) => {
    const profile = mkdtempSync(join(tmpdir(), 'courier-profile-'));
    await use(() => launch(driver, world, extensionFolder(driver), { profile }));
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  },
});

test('a sign-in whose browser was restarted before the login is offered to the server, and completes', async ({
  world,
  driver,
  startBrowser,
}) => {
  const server = await world.addServer('opencode.example.com');
  let browser = await startBrowser();
  await haveServer(browser, server.url);
  const opencode = await openOpencode(browser, server);
  await connectChatGpt(opencode);
  const loginPage = await (await followLink(browser, opencode)).url();
  await browser.close();

  browser = await startBrowser();
  // As session restore does.
  const tab = await browser.newTab(loginPage);
  await tab.click(allow);
  const saw = await tab.waitForText('[role=status] h1', /nothing here is waiting for it/);
  expect(world.providers.chatgpt.exchanges).toEqual([]);
  await tab.click({ role: 'button', name: 'Send to opencode.example.com' });
  await waitForPhase(tab, 'completed');
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
  await browser.close();
  addToReliability(driver, { ...given, stage: 'armed', saw, afterwards: 'completed', hits: 1 });
});

test('a response that was captured before a restart is forgotten, and its page says so', async ({
  world,
  driver,
  startBrowser,
}) => {
  const server = await world.addServer('opencode.example.com');
  let browser = await startBrowser();
  await haveServer(browser, server.url);
  const opencode = await openOpencode(browser, server);
  const tab = await startSignIn(browser, opencode);
  await server.goDown();
  await tab.click(allow);
  await waitForPhase(tab, 'failed');
  const page = await tab.url();
  await browser.close();

  await server.comeBack();
  browser = await startBrowser();
  const restored = await browser.newTab(page);
  expect(await waitForPhase(restored, 'failed')).toContain(forgotten);
  expect(await browser.background(async ({ storage }) => JSON.stringify(await storage.session.get()))).not.toContain(
    'code=',
  );
  const rules = await browser.background(({ declarativeNetRequest }) => declarativeNetRequest.getSessionRules());
  expect(rules).toEqual([]);
  expect(world.providers.chatgpt.exchanges).toEqual([]);
  await browser.close();
  addToReliability(driver, { ...given, stage: 'captured', saw: forgotten, afterwards: 'start again', hits: 0 });
});

test('a response that was being delivered at a restart is not sent again', async ({ world, driver, startBrowser }) => {
  const server = await world.addServer('opencode.example.com');
  let browser = await startBrowser();
  await haveServer(browser, server.url);
  const opencode = await openOpencode(browser, server);
  const tab = await startSignIn(browser, opencode);
  // The server's word is held back, so that the delivery is still under way.
  server.reverseProxy.intercept = (request) => request.url === '/provider/openai/oauth/callback';
  const deliveries = () => world.providers.chatgpt.exchanges;
  await tab.click(allow);
  await expect.poll(deliveries).toHaveLength(1);
  const page = await tab.url();
  await browser.close();

  server.reverseProxy.intercept = undefined;
  browser = await startBrowser();
  const restored = await browser.newTab(page);
  expect(await waitForPhase(restored, 'failed')).toContain(forgotten);
  expect(deliveries()).toHaveLength(1);
  const hits = deliveries().length;
  await browser.close();
  addToReliability(driver, { ...given, stage: 'delivering', saw: forgotten, afterwards: 'start again', hits });
});
