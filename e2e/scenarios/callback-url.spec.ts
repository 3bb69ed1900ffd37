/** Servers whose administrator has published the listener: the response takes that way, and no terminal is used. */
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import { everyDayInFirefox } from '../everyDay.ts';
import { expectNoSecrets } from '../expectNoSecrets.ts';
import { expect, test } from '../fixtures.ts';
import { allow } from '../pages/authorize.ts';
import { haveServer, setCallbackUrl, waitForPhase } from '../pages/extension.ts';
import { openOpencode, waitUntilConnected } from '../pages/opencode.ts';
import { startSignIn } from '../pages/signIn.ts';
import type { RemoteServer } from '../world/world.ts';

const template = 'https://opencode.example.com/proxy/{port}{path}';

/** Leads `/proxy/1455/…` to the listener, as code-server does; everything else goes to opencode. */
function publishListener({ reverseProxy }: RemoteServer): void {
  reverseProxy.intercept = (request, response) => {
    if (!request.url?.startsWith('/proxy/1455/')) return false;
    request.url = request.url.slice('/proxy/1455'.length);
    reverseProxy.pass(request, response, 1455);
    return true;
  };
}

async function signInAsUsual(browser: BrowserDriver, server: RemoteServer): Promise<{ opencode: Tab; tab: Tab }> {
  const opencode = await openOpencode(browser, server);
  const tab = await startSignIn(browser, opencode);
  await tab.click(allow);
  return { opencode, tab };
}

test('a response takes the callback URL that was set for its server', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  publishListener(server);
  await haveServer(browser, server.url);
  const popup = await setCallbackUrl(browser, template);
  await popup.waitForText('[role=status]', /Saved/);

  const { opencode, tab } = await signInAsUsual(browser, server);
  await waitForPhase(tab, 'completed');
  await waitUntilConnected(opencode);

  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
  const { accessLog } = server.reverseProxy;
  expect(accessLog.filter((line) => line.startsWith('GET /auth/callback?'))).toHaveLength(1);
  expect(accessLog.filter((line) => /^(POST|DELETE) .*pty/.test(line))).toEqual([]);
});

test('a callback URL that leads elsewhere loses nothing: corrected, the same sign-in goes on', {
  tag: everyDayInFirefox,
}, async ({ world, browserWithExtension: browser }) => {
  const server = await world.addServer('opencode.example.com');
  publishListener(server);
  await haveServer(browser, server.url);
  // opencode answers paths that it does not know with its web UI.
  await setCallbackUrl(browser, 'https://opencode.example.com/elsewhere');

  const { opencode, tab } = await signInAsUsual(browser, server);
  expect(await waitForPhase(tab, 'failed')).toContain('The callback URL of opencode.example.com leads somewhere else');
  expect(world.providers.chatgpt.exchanges).toEqual([]);

  await setCallbackUrl(browser, template);
  await tab.bringToFront();
  await tab.click({ role: 'button', name: 'Try again' });
  await waitForPhase(tab, 'completed');
  await waitUntilConnected(opencode);
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
  await expectNoSecrets({ world, server, browser, tab, byCallbackUrl: true });
});

test('a callback URL behind a lapsed login waits for the login', { tag: everyDayInFirefox }, async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  await haveServer(browser, server.url);
  await setCallbackUrl(browser, template);
  server.reverseProxy.intercept = (request, response) => {
    if (!request.url?.startsWith('/proxy/')) return false;
    response.writeHead(302, { location: 'https://page.example.com/login' }).end();
    return true;
  };

  const { opencode, tab } = await signInAsUsual(browser, server);
  expect(await waitForPhase(tab, 'failed')).toContain('answered with a login page');
  expect(world.providers.chatgpt.exchanges).toEqual([]);

  publishListener(server);
  await tab.click({ role: 'button', name: 'Try again' });
  await waitForPhase(tab, 'completed');
  await waitUntilConnected(opencode);
});

test('a callback URL that makes no sense is refused with the reason', { tag: everyDayInFirefox }, async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  await haveServer(browser, server.url);
  for (const [text, reason] of [
    ['opencode.example.com/auth/callback', /That is not a URL/],
    ['http://opencode.example.com/auth/callback', /has to start with https/],
    ['https://opencode.example.com/{host}', /Only \{port\} and \{path\}/],
    ['https://localhost:{port}{path}', /leads to this computer/],
  ] as const) {
    const popup = await setCallbackUrl(browser, text);
    await popup.waitForText('[role=status]', reason);
    await popup.close();
  }
});
