/** opencode's tab stops answering in the middle of a sign-in that goes through it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { deliveries } from './deliveries.ts';
import type { BrowserDriver, Standstill, Tab } from './drivers/driver.ts';
import type { Shared } from './fixtures.ts';
import { expect } from './fixtures.ts';
import { allow, authorizeOn, followLinkTo } from './pages/authorize.ts';
import { haveServer, haveServerWithPassword, openPopup, waitForPhase } from './pages/extension.ts';
import type { RemoteServer } from './world/world.ts';

export const password = 'correct-horse';
const callbackEndpoint = '/provider/openai/oauth/callback';

/** What becomes of the tab. */
export type Hang = Standstill | 'the browser, to save memory';

export const stages = [
  'while the user logs in',
  'while the response is on its way',
  'while the outcome is awaited',
] as const;
export type Stage = (typeof stages)[number];

/** A sign-in on a server, started in a tab that shows it. */
export interface Scene {
  browser: BrowserDriver;
  server: RemoteServer;
  /** The page that it was started from: the way to the server leads through it. */
  opencode: Tab;
  /** The provider's tab, and then the capture page. */
  tab: Tab;
}

/** Starts a sign-in from a page of a server, which is there already, and waits until all is asked that can be asked now. */
export async function begin({ browser }: Shared, server: RemoteServer, login = ''): Promise<Scene> {
  const opencode = await browser.newTab(`${server.url.replace('https://', `https://${login}`)}/global/health`);
  await haveServer(browser, server.url);
  const tab = await followLinkTo(browser, opencode, await authorizeOn(server));
  await tab.waitFor(allow);
  const remembered = () => browser.background(async ({ storage }) => JSON.stringify(await storage.session.get()));
  await expect.poll(remembered).toContain('"learnt"');
  return { browser, server, opencode, tab };
}

/** Stops the tab at a stage, and lets the sign-in go on as far as it can without it. */
export async function hangWhile(stage: Stage, scene: Scene, by: Hang): Promise<void> {
  const { server, tab } = scene;
  if (stage === 'while the user logs in') {
    // WebDriver BiDi waits without end to leave a tab that hangs (Firefox). People need not.
    await tab.bringToFront();
    await halt(scene, by);
    await tab.click(allow);
    return;
  }
  const isHeld = stage === 'while the outcome is awaited' ? callbackEndpoint : '/global/health';
  const held: [IncomingMessage, ServerResponse][] = [];
  server.reverseProxy.intercept = (request, response) => {
    if (request.url !== isHeld) return false;
    held.push([request, response]);
    return true;
  };
  await tab.click(allow);
  await waitForPhase(tab, 'delivering');
  await expect.poll(() => held.length).toBeGreaterThan(0);
  if (stage === 'while the outcome is awaited') await expect.poll(() => deliveries(server)).toHaveLength(1);
  await halt(scene, by);
  server.reverseProxy.intercept = undefined;
  // What the tab asked is answered, and it does not take the answer any more.
  for (const [request, response] of held) server.reverseProxy.answer(request, response);
}

async function halt({ browser, opencode, server }: Scene, by: Hang): Promise<void> {
  if (by !== 'the browser, to save memory') return opencode.halt(by);
  await browser.background(async ({ tabs }, url) => {
    const [shown] = await tabs.query({ url: `${url}/*` });
    if (shown?.id !== undefined) await tabs.discard(shown.id);
  }, server.url);
}

/**
 * Makes all ready for a whole sign-in on a second server, which has a password and no tab: while a tab hangs, Firefox's
 * driver cannot be relied on to open the popup's.
 * @returns what runs it, in a popup that starts anew
 */
export async function prepareAnother({ world, browser }: Shared): Promise<() => Promise<void>> {
  const another = await world.addServer('team.example.com', { password });
  await haveServerWithPassword(browser, another.url, password);
  const popup = await openPopup(browser);
  const start = {
    xpath: '//li[contains(., "team.example.com")]//button[normalize-space()="Sign in to ChatGPT"]',
  };
  await popup.waitFor(start);
  return async () => {
    await popup.reload();
    const tab = await browser.tabOpenedBy(() => popup.click(start));
    await tab.click(allow);
    expect(await waitForPhase(tab, 'completed')).toContain('on team.example.com');
  };
}

/** The sign-in ends well, without the tab that it began in, and its code left once. Meanwhile another server's ends, too. */
export async function expectNothingHeldUp(shared: Shared, stage: Stage, by: Hang): Promise<void> {
  const { world } = shared;
  const server = await world.addServer('opencode.example.com');
  const scene = await begin(shared, server);
  const signInOnAnother = await prepareAnother(shared);
  const exchanges = world.providers.chatgpt.exchanges.length;
  await hangWhile(stage, scene, by);
  const [end] = await Promise.all([waitForPhase(scene.tab, 'completed'), signInOnAnother()]);
  expect(end).toContain('on opencode.example.com');
  expect(world.providers.chatgpt.exchanges.slice(exchanges)).toEqual(['ok', 'ok']);
  expect(deliveries(server)).toHaveLength(1);
}
