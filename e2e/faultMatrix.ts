/** One cell of the fault matrix: a sign-in, a fault, and what came of both. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { deliveries } from './deliveries.ts';
import type { BrowserDriver, Tab } from './drivers/driver.ts';
import { expectNoSecrets } from './expectNoSecrets.ts';
import { callbackEndpoint, type End, expectedEnd, type Fault, type Scene, type SignIn, type Stage } from './faults.ts';
import type { Shared } from './fixtures.ts';
import { expect } from './fixtures.ts';
import { allow, authorizeOn, followLinkTo } from './pages/authorize.ts';
import { haveServer, openPopup } from './pages/extension.ts';
import { signIns, startFromPopup } from './pages/providers.ts';
import { addToReliability } from './reliability.ts';
import type { RemoteServer } from './world/world.ts';

/** What the provider is asked for in a sign-in that ends so, and answers. */
const exchangesOf = { completed: ['ok'], refused: ['invalid_grant'] };

/**
 * Has a fault happen at a stage of a sign-in. It has to end as `expectedEnd` says, its code leaves for the server once, and
 * none of its secrets is left. What the user saw becomes a row of the matrix.
 */
export async function checkCell(shared: Shared, signIn: SignIn, fault: Fault, stage: Stage): Promise<void> {
  const { world, browser } = shared;
  // The proxy of the second server would see the code, so the terminal is taken.
  const server =
    signIn === 'ChatGPT, terminal'
      ? await world.addServer('team.example.com', { loopbackProxied: true })
      : await world.addServer('opencode.example.com');
  const provider = signIn === 'Snowflake, loopback' ? world.providers.snowflake : world.providers.chatgpt;
  const exchangesBefore = provider.exchanges.length;
  provider.refuseExchanges = fault.refusesCode === true;
  await haveServer(browser, server.url);
  // A login is looked for eight times, once a second: what counts is the looks, and not how long they take.
  await browser.hurry();

  const { saw, tab } = await run({ browser, server, tab: await start(signIn, browser, server) }, fault, stage);
  server.reverseProxy.intercept = undefined;
  const afterwards = await readEnd(tab);
  const exchanges = provider.exchanges.slice(exchangesBefore);

  expect(afterwards).toBe(expectedEnd(fault, stage, signIn));
  if (afterwards !== 'start again') expect(exchanges).toEqual(exchangesOf[afterwards]);
  expect(exchanges.length, 'hits of the listener').toBeLessThanOrEqual(1);
  // opencode's listener takes one response, so the provider would not see a second one.
  if (exchanges.length) expect(deliveries(server)).toHaveLength(1);
  const remains = (await offersToGoOn(tab)) ? 'code' : 'state';
  await expectNoSecrets({ world, server, browser, tab, remains });
  addToReliability(browser.name, { fault: fault.name, signIn, stage, saw, afterwards, hits: exchanges.length });
}

/** Starts a sign-in; answers the provider's tab. opencode's own web UI is in every other scenario. */
async function start(signIn: SignIn, browser: BrowserDriver, server: RemoteServer): Promise<Tab> {
  if (signIn !== 'Snowflake, loopback') {
    const page = await browser.newTab(`${server.url}/global/health`);
    const tab = await followLinkTo(browser, page, await authorizeOn(server));
    await tab.waitFor(allow);
    return tab;
  }
  const [snowflake] = signIns.filter(({ provider }) => provider === 'snowflake');
  if (!snowflake) throw new Error('unreachable');
  const popup = await openPopup(browser);
  const tab = await startFromPopup(browser, popup, snowflake);
  await popup.close();
  await tab.waitFor(allow);
  return tab;
}

/** Answers what the user saw while the fault lasted, and the tab that they have in the end. */
async function run(scene: Scene, fault: Fault, stage: Stage): Promise<{ saw: string; tab: Tab }> {
  const { browser, server } = scene;
  const held: [IncomingMessage, ServerResponse][] = [];

  if (stage === 'armed') await fault.apply(scene);
  if (stage === 'captured') await server.goDown();
  if (stage === 'delivering') {
    server.reverseProxy.intercept = (request, response) => {
      if (!callbackEndpoint.test(request.url ?? '')) return false;
      held.push([request, response]);
      return true;
    };
  }
  if (stage === 'armed' && fault.forbidsLogin) return tooEarly(fault, scene);
  if (stage !== 'armed' || !fault.closesTab) await logIn(scene.tab);
  if (stage === 'captured') {
    await scene.tab.waitForText('html[data-phase=failed] [role=status]', /cannot be reached/);
    await fault.apply(scene);
    await server.comeBack().catch(() => {});
    if (fault.name === 'server unreachable') await server.goDown();
    if (!fault.closesTab && (await phaseOf(scene.tab)) === 'failed') await tryAgain(scene.tab);
  }
  if (stage === 'delivering') {
    await expect.poll(() => held.length).toBe(1);
    await scene.tab.waitForText('html[data-phase=delivering] [role=status]', /finishing/);
    await expect.poll(() => deliveries(server)).toHaveLength(1);
    server.reverseProxy.intercept = undefined;
    await fault.apply(scene);
    for (const [request, response] of held) server.reverseProxy.answer(request, response);
  }

  const saw = fault.closesTab ? 'the tab is gone' : await endOf(scene.tab);
  await fault.lift?.(scene);
  if (fault.closesTab && stage !== 'armed') scene.tab = await continueFromPopup(browser);
  for (let tries = 0; tries < 2 && (await phaseOf(scene.tab)) === 'failed'; tries += 1) {
    if (!(await tryAgain(scene.tab))) break;
    await endOf(scene.tab);
  }
  return { saw, tab: scene.tab };
}

/** The user cannot even log in: that shows in the browser's own way, and once it is over they go back and do. */
async function tooEarly(fault: Fault, scene: Scene): Promise<{ saw: string; tab: Tab }> {
  await logIn(scene.tab);
  await scene.tab.waitForErrorPage();
  await fault.lift?.(scene);
  await scene.tab.back();
  await scene.tab.waitFor(allow);
  await logIn(scene.tab);
  await endOf(scene.tab);
  return { saw: "the browser's own error page", tab: scene.tab };
}

async function continueFromPopup(browser: BrowserDriver): Promise<Tab> {
  const popup = await openPopup(browser);
  await popup.waitForText('ul[aria-label="Recent sign-ins"] li:first-child', /Continue|Signed in/);
  if (await isListedAsSignedIn(popup)) return popup;
  const page = await popup.evaluate(
    () => document.querySelector('ul[aria-label="Recent sign-ins"] li a')?.getAttribute('href') ?? '',
    undefined,
  );
  await popup.close();
  const tab = await browser.newTab(browser.extensionUrl(page.replace('/', '')));
  await endOf(tab);
  return tab;
}

/** How a sign-in has ended, by what the user is shown: by its page, by the popup, or by no page any more. */
async function readEnd(tab: Tab): Promise<End> {
  if ((await phaseOf(tab)) === 'completed' || (await isListedAsSignedIn(tab))) return 'completed';
  if ((await phaseOf(tab)) !== 'failed') return 'start again';
  return (await endOf(tab)).includes('refused at the last step') ? 'refused' : 'start again';
}

/** Whether a tab is the popup, and the newest sign-in there has completed. */
function isListedAsSignedIn(tab: Tab): Promise<boolean> {
  return tab
    .evaluate(
      () => !!document.querySelector('ul[aria-label="Recent sign-ins"] li')?.textContent?.includes('Signed in'),
      undefined,
    )
    .catch(() => false);
}

async function logIn(tab: Tab): Promise<void> {
  await tab.bringToFront();
  await tab.click(allow);
}

/** Whether the page can still go on with the same sign-in. */
async function offersToGoOn(tab: Tab): Promise<boolean> {
  return (await phaseOf(tab)) === 'failed' && (await buttonToGoOn(tab)) !== undefined;
}

/** Presses the button that the page offers to go on with the same sign-in. */
async function tryAgain(tab: Tab): Promise<boolean> {
  const name = await buttonToGoOn(tab);
  if (!name) return false;
  // The page marks its next phase only: what is waited for next cannot be the failure that is there now.
  await tab.evaluate(() => document.documentElement.removeAttribute('data-phase'), undefined);
  await tab.click({ role: 'button', name });
  return true;
}

async function buttonToGoOn(tab: Tab): Promise<string | undefined> {
  const offered = await tab.evaluate(
    () => [...document.querySelectorAll('button')].map((button) => button.textContent ?? ''),
    undefined,
  );
  return offered.find((text) => text === 'Try again' || text.startsWith('Allow access'));
}

async function phaseOf(tab: Tab): Promise<string | undefined> {
  return tab.evaluate(() => document.documentElement.dataset.phase, undefined).catch(() => undefined);
}

/** Waits until the page says how it ended; answers its headline. */
async function endOf(tab: Tab): Promise<string> {
  const text = await tab
    .waitForText('html:is([data-phase=completed], [data-phase=failed]) [role=status] h1', /./)
    .catch(async (error: Error) => {
      const seen = await tab.evaluate(() => document.body.innerText, undefined).catch(String);
      throw new Error(`${error.message}\n${await tab.url()} says: ${seen}`);
    });
  return text.trim();
}
