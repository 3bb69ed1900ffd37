/** What a page gives people to help themselves with, or to ask with. */
import { expect, test } from '../fixtures.ts';
import { extensionFolder, launch } from '../launch.ts';
import { allow } from '../pages/authorize.ts';
import { haveServer, haveServerWithPassword, waitForPhase } from '../pages/extension.ts';
import { openOpencode } from '../pages/opencode.ts';
import { startSignIn } from '../pages/signIn.ts';
import * as records from '../states/records.ts';
import { homepage, withHomepage } from '../withHomepage.ts';

const link = { role: 'link', name: 'More about this' } as const;
const copy = { role: 'button', name: 'Copy details for a report' } as const;

test('a failure leads to its heading in the troubleshooting, which nothing is asked for before the click', async ({
  world,
  driver,
}, testInfo) => {
  const site = await world.addServer('page.example.com');
  const extension = withHomepage(extensionFolder(driver), testInfo.outputPath('extension'));
  const browser = await launch(driver, world, extension);
  await haveServer(browser, 'https://opencode.example.com');
  const failed = records.failed('refused-at-exchange');
  await browser.background(({ storage }, items) => storage.session.set(items), { [`sign-in:${failed.id}`]: failed });
  const page = await browser.newTab(browser.extensionUrl(`callback.html#${failed.id}`));
  await page.waitFor(link);
  expect(site.reverseProxy.accessLog).toEqual([]);

  await page.click(link);
  const opened = () =>
    browser.background(async ({ tabs }) =>
      (await tabs.query({ url: 'https://page.example.com/*' })).map(({ url }) => url),
    );
  await expect.poll(opened).toEqual([`${homepage}/blob/HEAD/docs/troubleshooting.md#refused-at-exchange`]);
  await expect.poll(() => site.reverseProxy.accessLog[0]).toMatch(/^GET \/callback-courier\/blob\/HEAD\/docs\//);
  await browser.close();
});

test('what is copied for a report tells what happened, and no address, name, code, state, password or account', async ({
  world,
  browserWithExtension: browser,
}) => {
  const password = 'correct-horse-battery';
  const server = await world.addServer('opencode.example.com', { password });
  const opencode = await openOpencode(browser, server);
  await haveServerWithPassword(browser, server.url, password);
  await browser.hurry();
  // The response leaves, and a gateway cuts everything off that comes after it.
  let isCut = false;
  server.reverseProxy.intercept = (request, response) => {
    isCut ||= request.method === 'POST' && request.url === '/provider/openai/oauth/callback' && isDelivering;
    if (isCut) response.writeHead(502, { 'content-type': 'text/html' }).end(`<h1>${password} of jane@example.com</h1>`);
    return isCut;
  };
  let isDelivering = false;
  const tab = await startSignIn(browser, opencode);
  isDelivering = true;
  await tab.click(allow);
  await waitForPhase(tab, 'failed');
  await tab.click(copy);
  await tab.waitForText('.report [role=status]', /Copied/);
  const report = await browser.clipboardText();
  expect(report).toMatch(/^sign-in to ChatGPT: failed, answer-unclear/m);
  expect(report).toMatch(/^[\d.]+ s opencode 1\.18\.33$/m);
  expect(report).toMatch(/^[\d.]+ s route loopback$/m);
  expect(report).toMatch(/^[\d.]+ s (tab|background): POST \/provider 502$/m);
  // The page shows what it has copied.
  expect(await tab.evaluate(() => document.querySelector('textarea')?.value, undefined)).toBe(report);

  const options = await browser.newTab(browser.extensionUrl('options.html'));
  await options.click(copy);
  await options.waitForText('.report [role=status]', /Copied/);
  const whole = await browser.clipboardText();
  expect(whole).toContain(report.slice(report.indexOf('sign-in to')));

  const { chatgpt } = world.providers;
  const secrets = [...chatgpt.secrets(), ...chatgpt.states, password];
  expect(secrets.length).toBeGreaterThan(2);
  for (const told of [...secrets, 'example.com', 'localhost', '1455', 'openai', 'jane', '?', 'code=', 'state=']) {
    expect(whole.includes(told), told.slice(0, 12)).toBe(false);
  }
});
