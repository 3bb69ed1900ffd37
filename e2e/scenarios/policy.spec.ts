/** Servers that an administrator has set, by a real policy file of the browser. */
import { createHash } from 'node:crypto';
import { expect, test } from '../fixtures.ts';
import { type BrowserName, extensionFolder, launch } from '../launch.ts';
import { allow } from '../pages/authorize.ts';
import { openPopup, waitForPhase } from '../pages/extension.ts';
import { openOpencode, waitUntilConnected } from '../pages/opencode.ts';
import { startSignIn } from '../pages/signIn.ts';
import { writePolicy } from '../world/namespaces.ts';

const list = 'ul[aria-label=Servers]';

/** As Chromium makes it from the folder of an unpacked extension: half a SHA-256, in the letters from a to p. */
function unpackedId(folder: string): string {
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 32);
  return [...hash].map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 16))).join('');
}

function setPolicy(driver: BrowserName, settings: unknown): () => void {
  return driver === 'chromium'
    ? writePolicy('chromium', {
        '3rdparty': { extensions: { [unpackedId(extensionFolder(driver))]: settings } },
      })
    : writePolicy('firefox', {
        policies: { '3rdparty': { Extensions: { 'callback-courier@callback-courier': settings } } },
      });
}

test('a server that the policy sets is there, cannot be changed, and is signed in to; others cannot be added', async ({
  world,
  driver,
}) => {
  const server = await world.addServer('opencode.example.com');
  const takeBack = setPolicy(driver, { servers: [{ url: server.url, name: 'Team' }], allowOtherServers: false });
  const browser = await launch(driver, world, extensionFolder(driver));
  const popup = await openPopup(browser);
  const shown = await popup.waitForText(list, /OpenAI not connected/);
  expect(shown).toContain('Team');
  expect(shown).toContain('Set by your organisation');
  await popup.waitForText('body', /Your organisation decides which servers can be used here/);
  await popup.click({ role: 'button', name: 'More about Team' });
  await popup.waitFor({ role: 'button', name: 'Check what a sign-in needs' });
  const offered = await popup.evaluate(
    () => [...document.querySelectorAll('button')].map((b) => b.innerText),
    undefined,
  );
  expect(offered).not.toContain('Remove');
  expect(offered.filter((name) => /^Add /.test(name))).toEqual([]);

  // Nor does the background add one for a page that asks it to.
  const answer = await popup.evaluate(
    () =>
      (
        globalThis as unknown as { chrome: { runtime: { sendMessage(message: unknown): Promise<unknown> } } }
      ).chrome.runtime.sendMessage({
        id: 1,
        type: 'addServer',
        data: { url: 'https://team.example.com', finishOffered: false },
        timestamp: 0,
      }),
    undefined,
  );
  expect(JSON.stringify(answer)).toContain('forbidden-by-policy');

  const opencode = await openOpencode(browser, server);
  const tab = await startSignIn(browser, opencode);
  await tab.click(allow);
  await waitForPhase(tab, 'completed');
  await waitUntilConnected(opencode);
  await browser.close();
  takeBack();
});

test('a malformed policy is reported and not used, not even the half that is right', async ({ world, driver }) => {
  const takeBack = setPolicy(driver, {
    servers: [{ url: 'https://opencode.example.com' }, { url: 'opencode' }],
    allowOtherServers: false,
  });
  const browser = await launch(driver, world, extensionFolder(driver));
  const popup = await openPopup(browser);
  await popup.waitForText('.notice', /has a mistake and is not used \(servers\.1\.url/);
  await popup.waitFor({ role: 'button', name: 'Add server' });
  expect(await popup.evaluate((css) => document.querySelector(css), list)).toBeNull();
  await browser.close();
  takeBack();
});
