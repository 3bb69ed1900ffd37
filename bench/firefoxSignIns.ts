/** Sign-ins in Firefox: what a page of the extension sees of them. */
import { extensionFolder, launch } from '../e2e/launch.ts';
import { allow, authorizeOn, followLinkTo } from '../e2e/pages/authorize.ts';
import { haveServer, waitForPhase } from '../e2e/pages/extension.ts';
import { openOpencode } from '../e2e/pages/opencode.ts';
import type { World } from '../e2e/world/world.ts';
import { openObserver, paintOf, timeArming, timeNavigation } from './observer.ts';
import type { Figures } from './rows.ts';
import { median, percentile } from './statistics.ts';

const SIGN_INS = 5;
const ASLEEP = 10;

/** Measures the rows that are not Chromium's alone; the figures' names say that they are Firefox's. */
export async function measureFirefoxSignIns(world: World) {
  const server = await world.addServer('opencode.example.com');
  const browser = await launch('firefox', world, extensionFolder('firefox'));
  try {
    const opencode = await openOpencode(browser, server);
    await haveServer(browser, server.url);
    const observer = await openObserver(browser);
    const start = async () => {
      const tab = await followLinkTo(browser, opencode, await authorizeOn(server));
      await tab.waitFor(allow);
      return tab;
    };
    const armed: number[] = [];
    const captured: number[] = [];
    while (captured.length < SIGN_INS) {
      const { took, started: tab } = await timeArming(observer, start);
      armed.push(took);
      const navigated = await timeNavigation(observer, async () => {
        await tab.bringToFront();
        await tab.click(allow);
        await waitForPhase(tab, 'completed');
      });
      captured.push((await paintOf(tab)) - navigated);
      await tab.close();
    }
    const asleep: number[] = [];
    while (asleep.length < ASLEEP) {
      await browser.suspendBackground();
      const { took, started: tab } = await timeArming(observer, start);
      asleep.push(took);
      await tab.close();
    }
    return {
      arm_ms: { firefox_p50: median(armed), firefox_p95: percentile(armed, 95) },
      arm_asleep_ms: { firefox_p50: median(asleep) },
      capture_ms: { firefox_p50: median(captured) },
    } satisfies Record<string, Figures>;
  } finally {
    await browser.close();
  }
}
