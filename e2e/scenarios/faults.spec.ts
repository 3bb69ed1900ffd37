/**
 * The fault matrix: every fault at every stage of a sign-in, by the server's own MCP client, and by a terminal on a server
 * whose client cannot be used. Each cell has to end as `expectedEnd` says, and the code has to leave for the server once. What
 * the user saw is written to docs/reliability-*.md with UPDATE_DOCS=1.
 *
 * All faults take the usual route, in both browsers where the browser matters. By the terminal go, in Chromium, those of the
 * way to the server and of the background: what a browser does with tabs and pages is the same for both.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { deliveries } from '../deliveries.ts';
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import { expectNoSecrets } from '../expectNoSecrets.ts';
import { callbackEndpoint, expectedEnd, type Fault, faults, type Scene } from '../faults.ts';
import { expect, test } from '../fixtures.ts';
import { authorizeOn, followLinkTo } from '../pages/authorize.ts';
import { haveServer, openPopup } from '../pages/extension.ts';
import { type Cell, type End, type Route, type Stage, stages, writeReliability } from '../reliability.ts';
import type { World } from '../world/world.ts';

/** What the provider is asked for in a sign-in that ends so, and answers. */
const exchangesOf = { completed: ['ok'], refused: ['invalid_grant'] };

for (const route of ['loopback', 'terminal'] as const) {
  const title =
    'no fault at any stage loses a code that could be used, delivers twice, or shows a success that is none';
  test(`by the ${route} route ${title}`, async ({ world, browserWithExtension: browser, driver }) => {
    test.setTimeout(15 * 60_000);
    await checkAll(world, browser, driver, route);
  });
}

async function checkAll(
  world: World,
  browser: BrowserDriver,
  driver: BrowserDriver['name'],
  route: Route,
): Promise<void> {
  // The proxy of such a server would see the code, so the terminal is taken.
  const server = await world.addServer('opencode.example.com', { loopbackProxied: route === 'terminal' });
  await haveServer(browser, server.url);
  // A page of the server, from which the sign-ins start. opencode's own web UI is in every other scenario.
  const origin = await browser.newTab(`${server.url}/global/health`);
  const cells: Cell[] = [];

  const isTried = ({ ofBrowser, onlyBy, takesBoth }: Fault) =>
    (onlyBy ?? route) === route &&
    (route === 'loopback' ? ofBrowser || driver === 'chromium' : (takesBoth || !ofBrowser) && driver === 'chromium');
  for (const fault of faults.filter(isTried)) {
    for (const stage of stages) {
      const cell = await test.step(`${fault.name} while ${stage}`, () => check(fault, stage));
      cells.push(cell);
      console.log(`${cell.fault} | ${route} | ${cell.stage} | ${cell.saw} | ${cell.afterwards} | ${cell.hits}`);
    }
  }
  if (cells.length > 0) writeReliability(driver, route, cells);

  async function check(fault: Fault, stage: Stage): Promise<Cell> {
    const exchangesBefore = world.identityProvider.exchanges.length;
    const deliveriesBefore = deliveries(server).length;
    world.identityProvider.refuseExchanges = fault.refusesCode === true;
    const { saw, tab } = await run(fault, stage);
    server.reverseProxy.intercept = undefined;
    const afterwards = await readEnd(tab);
    const exchanges = world.identityProvider.exchanges.slice(exchangesBefore);
    const hits = exchanges.length;
    const cell = `${fault.name} while ${stage}`;

    expect(afterwards, cell).toBe(expectedEnd(fault, stage));
    if (afterwards !== 'start again') expect(exchanges, cell).toEqual(exchangesOf[afterwards]);
    expect(hits, `${cell}: hits of the listener`).toBeLessThanOrEqual(1);
    // opencode's listener takes one response, so the provider would not see a second one.
    if (hits) expect(deliveries(server).slice(deliveriesBefore), `${cell}: deliveries of the code`).toHaveLength(1);
    // The states of earlier cells are remembered too, to explain late responses.
    const remains = (await offersToGoOn(tab)) ? 'code' : 'state';
    await expectNoSecrets({ world, server, browser, tab, remains });
    await tab.close().catch(() => {});
    return { fault: fault.name, route, stage, saw, afterwards, hits };
  }

  /** Answers what the user saw while the fault lasted, and the tab that they have in the end. */
  async function run(fault: Fault, stage: Stage): Promise<{ saw: string; tab: Tab }> {
    const deliveriesBefore = deliveries(server).length;
    const scene: Scene = { browser, server, tab: await startSignIn(origin) };
    const held: [IncomingMessage, ServerResponse][] = [];

    if (stage === 'armed') await fault.apply(scene);
    if (stage === 'captured') await server.goDown();
    if (stage === 'delivering') {
      server.reverseProxy.intercept = (request, response) => {
        if (request.url !== callbackEndpoint) return false;
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
      await expect.poll(() => deliveries(server).length).toBe(deliveriesBefore + 1);
      server.reverseProxy.intercept = undefined;
      await fault.apply(scene);
      for (const [request, response] of held) server.reverseProxy.answer(request, response);
    }

    const saw = fault.closesTab ? 'the tab is gone' : await endOf(scene.tab);
    await fault.lift?.(scene);
    if (fault.closesTab && stage !== 'armed') scene.tab = await continueFromPopup();
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
    await scene.tab.waitFor({ role: 'button', name: 'Continue' });
    await logIn(scene.tab);
    await endOf(scene.tab);
    return { saw: "the browser's own error page", tab: scene.tab };
  }

  async function startSignIn(from: Tab): Promise<Tab> {
    const tab = await followLinkTo(browser, from, await authorizeOn(server));
    await tab.waitFor({ role: 'button', name: 'Continue' });
    return tab;
  }

  async function continueFromPopup(): Promise<Tab> {
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
  await tab.click({ role: 'button', name: 'Continue' });
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
  const text = await tab.waitForText('html:is([data-phase=completed], [data-phase=failed]) [role=status] h1', /./);
  return text.trim();
}
