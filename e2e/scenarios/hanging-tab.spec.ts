/**
 * opencode's tab stops answering in the middle of a sign-in. The sign-in goes on by the extension's own requests; where only
 * the tab has the login, the user is told so and it goes on when they have logged in again. No other server's waits for it.
 *
 * In Firefox a page with an `alert` open, or stopped in the debugger, still runs what an extension injects (measured,
 * ESR 153): those rows are here because it might not.
 */
import { deliveries } from '../deliveries.ts';
import { everyDay, everyDayInChromium, everyDayInFirefox } from '../everyDay.ts';
import { expect, test } from '../fixtures.ts';
import {
  begin,
  expectNothingHeldUp,
  type Hang,
  hangWhile,
  password,
  prepareAnother,
  type Stage,
  stages,
} from '../hangingTab.ts';
import { haveServer, openPopup, storePassword, waitForEnd, waitForPhase } from '../pages/extension.ts';
import { snowflake } from '../pages/webUiRequests.ts';

const hangs: Hang[] = ['a busy loop', 'an open alert', 'a debugger', 'the browser, to save memory'];

/**
 * With every change: one way at all stages, and in Chromium every way at one. Firefox goes on running what is injected beside
 * an alert.
 */
function tagOf(by: Hang, stage: Stage): string | string[] {
  if (stage === 'while the response is on its way') return everyDayInFirefox;
  if (by === 'a busy loop') return [];
  return by === 'an open alert' ? everyDayInChromium : everyDay;
}

for (const by of hangs) {
  for (const stage of stages) {
    test(`an opencode tab that is stopped by ${by} ${stage} holds up no sign-in`, { tag: tagOf(by, stage) }, async ({
      shared,
    }) => {
      await expectNothingHeldUp(shared, stage, by);
    });
  }
}

test('a page that hangs as soon as its server has started a sign-in for it holds up no sign-in on another', async ({
  shared,
}) => {
  const { world, browser } = shared;
  const server = await world.addServer('opencode.example.com');
  await haveServer(browser, server.url);
  const signInOnAnother = await prepareAnother(shared);
  const page = await browser.newTab(`${server.url}/global/health`);
  // The driver could not leave a tab that hangs: see `hangWhile`.
  await browser.newTab('about:blank');
  // As opencode's web UI begins it; where that would show a link, this page shows nothing more.
  await page.evaluate(({ id, inputs }) => {
    const body = JSON.stringify({ method: 0, inputs });
    const headers = { 'content-type': 'application/json' };
    void fetch(`/provider/${id}/oauth/authorize`, { method: 'POST', headers, body }).then(() => {
      for (;;);
    });
  }, snowflake);
  await expect.poll(() => server.reverseProxy.accessLog.join()).toContain('oauth/authorize 200');

  await signInOnAnother();
});

/** What the user does about a tab that alone has the login, and that hangs. */
const helps: Record<Stage, 'stores the password' | 'opens opencode anew'> = {
  'while the user logs in': 'stores the password',
  'while the response is on its way': 'opens opencode anew',
  'while the outcome is awaited': 'opens opencode anew',
};

for (const stage of stages) {
  test(`where only a tab that hangs ${stage} has the login, the sign-in completes at the latest when the user ${helps[stage]}`, async ({
    shared,
    driver,
  }) => {
    const { world, browser } = shared;
    const server = await world.addServer('team.example.com', { password });
    const login = `opencode:${password}@`;
    const scene = await begin(shared, server, login);
    await hangWhile(stage, scene, 'a busy loop');
    const { tab, opencode } = scene;
    // Chromium gives the extension's own requests the login that the user gave the tab.
    if (driver === 'firefox') {
      const said =
        stage === 'while the outcome is awaited' ? 'did not say whether the sign-in worked' : 'asks for its password';
      expect(await waitForEnd(tab)).toContain(`team.example.com ${said}`);
      await tab.waitFor({ role: 'button', name: 'Try again' });
      await tab.evaluate(() => document.documentElement.removeAttribute('data-phase'), undefined);
      if (helps[stage] === 'stores the password') {
        const popup = await openPopup(browser);
        await storePassword(popup, server.url, password);
        await popup.close();
        await tab.click({ role: 'button', name: 'Try again' });
      } else {
        await opencode.close();
        await browser.newTab(`https://${login}${server.host}/global/health`);
        // Whoever does not know how it ended is asked again only when the user says so.
        if (stage === 'while the outcome is awaited') await tab.click({ role: 'button', name: 'Try again' });
      }
    }

    expect(await waitForPhase(tab, 'completed')).toContain('on team.example.com');
    expect(deliveries(server)).toHaveLength(1);
  });
}
