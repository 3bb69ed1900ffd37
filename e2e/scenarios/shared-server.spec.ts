/** Several people on one server, which has room for one waiting sign-in to a provider. */
import type { Tab } from '../drivers/driver.ts';
import { expect, test } from '../fixtures.ts';
import { allow, authorizeOn } from '../pages/authorize.ts';
import { haveServer, openPopup, waitForPhase } from '../pages/extension.ts';
import { beginSignIn } from '../pages/signIn.ts';
import type { RemoteServer } from '../world/world.ts';

const signIn = { role: 'button', name: 'Sign in to ChatGPT' } as const;

/** How many sign-ins were started on a server from the popup. */
const started = ({ reverseProxy }: RemoteServer) =>
  reverseProxy.accessLog.filter((line) => /^POST \/provider\/openai\/oauth\/authorize/.test(line)).length;

test("before it ends somebody else's sign-in, the popup asks", async ({ world, browserWithExtension: browser }) => {
  const server = await world.addServer('opencode.example.com');
  await haveServer(browser, server.url);
  // As from another browser: past the proxy, which only this one goes through.
  await authorizeOn(server);
  const popup = await openReadyPopup();
  await popup.click(signIn);
  await popup.waitForText('[role=alert]', /Somebody else's sign-in to ChatGPT may be waiting/);
  expect(started(server)).toBe(0);
  await popup.click({ role: 'button', name: 'Not now' });
  await expect.poll(() => popup.evaluate(() => document.querySelector('[role=alert]') === null, undefined)).toBe(true);
  expect(started(server)).toBe(0);

  await popup.click(signIn);
  await popup.waitFor({ role: 'button', name: 'Start mine' });
  const tab = await browser.tabOpenedBy(() => popup.click({ role: 'button', name: 'Start mine' }));
  await tab.waitFor(allow);
  // One of one's own that waits is not asked about.
  await popup.bringToFront();
  const again = await browser.tabOpenedBy(() => popup.click(signIn));
  await again.click(allow);
  await waitForPhase(again, 'completed');
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
  expect(started(server)).toBe(2);

  // After a success nobody waits.
  await popup.bringToFront();
  const more = await browser.tabOpenedBy(() => popup.click(signIn));
  await more.click(allow);
  await waitForPhase(more, 'completed');

  async function openReadyPopup(): Promise<Tab> {
    const page = await openPopup(browser);
    await page.waitForText('ul[aria-label=Servers]', /OpenAI not connected/);
    return page;
  }
});

test("it asks so before DigitalOcean's, too, and the one that is started then completes", async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com', { isFresh: true });
  await haveServer(browser, server.url);
  await authorizeOn(server, 'digitalocean');
  const popup = await openPopup(browser);
  await popup.click({ role: 'button', name: 'More sign-ins…' });
  await popup.click({ role: 'button', name: 'DigitalOcean Login with DigitalOcean' });
  await popup.waitForText('[role=alert]', /Somebody else's sign-in to DigitalOcean may be waiting/);
  const tab = await browser.tabOpenedBy(() => popup.click({ role: 'button', name: 'Start mine' }));
  await tab.click(allow);
  await waitForPhase(tab, 'completed');
  expect(world.providers.digitalocean.exchanges).toEqual(['ok']);
});

test("a sign-in that somebody else's has ended says that this may be why", async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com', { isFresh: true });
  await haveServer(browser, server.url);
  const popup = await openPopup(browser);
  const tab = await browser.tabOpenedBy(() => popup.click(signIn));
  await tab.waitFor(allow);
  await authorizeOn(server);
  await tab.click(allow);
  expect(await waitForPhase(tab, 'failed')).toMatch(/somebody else/);
  expect(world.providers.chatgpt.exchanges).toEqual([]);
});

test("one of opencode's web UI that somebody else's has ended says so, too, and is started again from its page", async ({
  world,
  browserWithExtension: browser,
}) => {
  const { server, tab } = await beginSignIn(world, browser, { isFresh: true });
  await authorizeOn(server);
  await tab.click(allow);
  expect(await waitForPhase(tab, 'failed')).toMatch(
    /somebody else has started a sign-in there, which ends yours\. Start again/,
  );
  expect(world.providers.chatgpt.exchanges).toEqual([]);

  const again = await browser.tabOpenedBy(() => tab.click({ role: 'button', name: 'Start again' }));
  await again.click(allow);
  await waitForPhase(again, 'completed');
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
});
