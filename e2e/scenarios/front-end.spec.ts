/** Front ends of somebody else's, which put opencode's API below `/api` of the place that the user sees in the address bar. */
import { expect, test } from '../fixtures.ts';
import { allow } from '../pages/authorize.ts';
import { addServer, haveServer, openPopup, storedServers, waitForPhase } from '../pages/extension.ts';
import { serveFrontEnd } from '../world/web-ui-host.ts';

test('is found by the address of its page, and says what is below it', async ({ shared }) => {
  const { world, browser } = shared;
  const server = await world.addServer('opencode.example.com');
  serveFrontEnd(server);
  const popup = await openPopup(browser);
  expect(await addServer(popup, `${server.url}/session/ses_1`)).toMatch(
    /^Found opencode 1\.18\.33 at opencode\.example\.com\/api\./,
  );
  expect(await storedServers(browser)).toEqual([{ url: `${server.url}/api` }]);
});

for (const login of ['no password', 'a password that only its page has'] as const) {
  test(`a sign-in from its page completes: ${login}`, async ({ shared }) => {
    const { world, browser } = shared;
    const password = login === 'no password' ? undefined : 'correct-horse';
    const server = await world.addServer('opencode.example.com', password ? { password } : {});
    serveFrontEnd(server);
    await haveServer(browser, `${server.url}/api`);
    const page = await browser.newTab('about:blank');
    const asUser = server.url.replace('https://', password ? `https://opencode:${password}@` : 'https://');
    await page.goto(`${asUser}/api/global/health`);
    await page.goto(`${server.url}/session/ses_1`);
    const tab = await browser.tabOpenedBy(() => page.click({ role: 'button', name: 'Connect OpenAI' }));
    await tab.click(allow);
    expect(await waitForPhase(tab, 'completed')).toContain('on opencode.example.com/api');
    await page.waitForText('[role=status]', /^OpenAI connected$/);
    expect(Object.keys(server.opencode.storedCredentials())).toEqual(['openai']);
  });
}

test('one whose path looks made up for a session is said to be so', async ({ shared }) => {
  const { world, browser } = shared;
  const server = await world.addServer('opencode.example.com');
  const ingress = '/api/hassio_ingress/Zx3kQ9vT0aLmN7pR2sUwYg';
  server.reverseProxy.intercept = (request, response) => {
    if (request.url?.startsWith(`${ingress}/`)) request.url = request.url.slice(ingress.length);
    else response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>');
    return response.writableEnded;
  };
  const popup = await openPopup(browser);
  expect(await addServer(popup, `${server.url}${ingress}/`)).toMatch(
    /valid for one session only\. When it changes, add the server again/,
  );
});
