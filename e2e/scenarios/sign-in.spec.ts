import { createServer } from 'node:https';
import { deliveries } from '../deliveries.ts';
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import { expectNoSecrets } from '../expectNoSecrets.ts';
import { expect, test } from '../fixtures.ts';
import { allow } from '../pages/authorize.ts';
import { addServer, haveServer, openPopup, waitForPhase } from '../pages/extension.ts';
import { connectChatGpt, isStillWaiting, openOpencode, openProviders, waitUntilConnected } from '../pages/opencode.ts';
import { beginSignIn, startSignIn } from '../pages/signIn.ts';
import { signInFrom } from '../signInTable.ts';

const deny = { role: 'button', name: 'Cancel' } as const;

for (const password of [undefined, 'correct-horse']) {
  const kind = password ? 'a password-protected' : 'an open';

  const title = `a sign-in completes on ${kind} server with opencode open in a tab`;
  test(title, signInFrom('web UI', 'ChatGPT'), async ({ world, browserWithExtension: browser }) => {
    const { server, opencode, tab } = await beginSignIn(world, browser, { password });
    await tab.click(allow);

    expect(await waitForPhase(tab, 'completed')).toContain('Signed in to ChatGPT on opencode.example.com');
    await waitUntilConnected(opencode);
    expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
    expect(server.opencode.storedCredentials()).toMatchObject({ openai: { type: 'oauth' } });
    await expectNoSecrets({ world, server, browser, tab });
  });
}

test('a sign-in completes on a server with a port of its own, and no opencode tab left', async ({
  world,
  browserWithExtension: browser,
}) => {
  const { server, opencode, tab } = await beginSignIn(world, browser, { port: 8443 });
  await opencode.close();
  await tab.click(allow);

  expect(await waitForPhase(tab, 'completed')).toContain('Signed in to ChatGPT on opencode.example.com:8443');
  expect(server.opencode.storedCredentials()).toMatchObject({ openai: { type: 'oauth' } });
  await expectNoSecrets({ world, server, browser, tab });
});

test('with a stored password a sign-in completes on a protected server with no opencode tab left', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com', { password: 'correct-horse' });
  const popup = await openPopup(browser);
  await addServer(popup, server.url);
  await popup.fill({ role: 'textbox', name: 'Password' }, 'correct-horse');
  await popup.click({ role: 'button', name: 'Store password' });
  await popup.waitForText('[role=status]', /Found opencode/);
  const opencode = await openOpencode(browser, server);
  const tab = await startSignIn(browser, opencode);
  await opencode.close();
  await tab.click(allow);

  await waitForPhase(tab, 'completed');
  expect(server.opencode.storedCredentials()).toMatchObject({ openai: { type: 'oauth' } });
});

test('without the extension the same sign-in ends in a connection error and the dialog still waits', async ({
  world,
  plainBrowser: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  const opencode = await openOpencode(browser, server);
  const tab = await startSignIn(browser, opencode);
  await tab.click(allow);

  expect(await tab.waitForErrorPage()).toBe('connection-refused');
  expect(await isStillWaiting(opencode)).toBe(true);
  expect(world.providers.chatgpt.exchanges).toEqual([]);
});

test('a user whom the provider remembers is signed in without a click', async ({
  world,
  browserWithExtension: browser,
}) => {
  world.providers.chatgpt.remembersUser = true;
  const server = await world.addServer('opencode.example.com');
  const opencode = await openOpencode(browser, server);
  await haveServer(browser, server.url);
  await connectChatGpt(opencode);
  const tab = await browser.tabOpenedBy(() => opencode.click({ role: 'link', name: 'this link' }));

  await waitForPhase(tab, 'completed');
  await waitUntilConnected(opencode);
});

test('a sign-in that the user cancels ends the waiting in opencode and is shown for what it is', async ({
  world,
  browserWithExtension: browser,
}) => {
  const { server, opencode, tab } = await beginSignIn(world, browser);
  await tab.click(deny);

  const text = await waitForPhase(tab, 'failed');
  expect(text).toContain('ChatGPT did not allow the sign-in');
  expect(text).toContain('access_denied');
  await opencode.waitForText('body', /Authorization failed/);
  expect(await isStillWaiting(opencode)).toBe(false);
  expect(server.opencode.storedCredentials()).toEqual({});
  await expectNoSecrets({ world, server, browser, tab });
});

test('a response whose URL is typed into the tab of the login page is taken, though no page started that navigation', async ({
  world,
  browserWithExtension: browser,
}) => {
  const { opencode, tab } = await beginSignIn(world, browser);
  const state = world.providers.chatgpt.states.at(-1);
  await tab.goto(`http://localhost:1455/auth/callback?error=access_denied&state=${state}`);

  expect(await waitForPhase(tab, 'failed')).toContain('ChatGPT did not allow the sign-in');
  await expect.poll(() => isStillWaiting(opencode)).toBe(false);
});

test('a code that the provider refuses at the exchange is no success', async ({
  world,
  browserWithExtension: browser,
}) => {
  world.providers.chatgpt.refuseExchanges = true;
  const { server, tab } = await beginSignIn(world, browser);
  await tab.click(allow);

  expect(await waitForPhase(tab, 'failed')).toContain('refused at the last step');
  expect(world.providers.chatgpt.exchanges).toEqual(['invalid_grant']);
  expect(server.opencode.storedCredentials()).toEqual({});
  await expectNoSecrets({ world, server, browser, tab });
});

test('while the server is down nothing is lost: the sign-in completes when it is back', async ({
  world,
  browserWithExtension: browser,
}) => {
  const { server, tab } = await beginSignIn(world, browser);
  await server.goDown();
  await tab.click(allow);

  expect(await waitForPhase(tab, 'failed')).toContain('opencode.example.com cannot be reached');
  expect(world.providers.chatgpt.exchanges).toEqual([]);
  await server.comeBack();
  await tab.click({ role: 'button', name: 'Try again' });
  await waitForPhase(tab, 'completed');
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
  await expectNoSecrets({ world, server, browser, tab });
});

test('an opencode that was restarted meanwhile is said not to wait, and the sign-in is started again from there', async ({
  world,
  browserWithExtension: browser,
}) => {
  const { server, tab } = await beginSignIn(world, browser);
  await server.opencode.restart();
  await tab.click(allow);

  expect(await waitForPhase(tab, 'failed')).toContain('No sign-in is waiting on opencode.example.com');
  expect(world.providers.chatgpt.exchanges).toEqual([]);

  const again = await browser.tabOpenedBy(() => tab.click({ role: 'button', name: 'Start again' }));
  await again.click(allow);
  await waitForPhase(again, 'completed');
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
});

test('a response that comes after its deadline is explained, and goes nowhere', async ({
  world,
  browserWithExtension: browser,
}) => {
  const { server, opencode, tab } = await beginSignIn(world, browser);
  await browser.moveClock(5 * 60_000 + 1);
  await tab.click(allow);

  expect(await waitForPhase(tab, 'failed')).toContain('This sign-in has expired');
  expect(world.providers.chatgpt.exchanges).toEqual([]);
  expect(deliveries(server)).toEqual([]);
  expect(await isStillWaiting(opencode)).toBe(true);
});

test(
  'a sign-in that is started from the popup completes',
  signInFrom('popup', 'ChatGPT'),
  async ({ world, browserWithExtension: browser }) => {
    const server = await world.addServer('opencode.example.com', { isFresh: true });
    const popup = await openPopup(browser);
    await addServer(popup, server.url);
    const tab = await signInBy(browser, popup);
    expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
    await expectNoSecrets({ world, server, browser, tab });
  },
);

test('a sign-in that is started from the popup shows in an opencode that was open before', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com', { isFresh: true });
  await haveServer(browser, server.url);
  const opencode = await openOpencode(browser, server);
  await openProviders(opencode);
  await opencode.waitForText('body', /No connected providers/);

  const popup = await openPopup(browser);
  await signInBy(browser, popup);
  // Firefox has a page in the background wait for its timers, opencode's for up to a minute.
  await opencode.bringToFront();
  await opencode.waitFor({ role: 'button', name: 'Disconnect' });
});

test('the page after the installation says what is so by then when one comes back to it', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com', { isFresh: true });
  const welcome = await browser.newTab(browser.extensionUrl('welcome.html'));
  await addServer(welcome, server.url);
  await welcome.waitForText('main', /OpenAI not connected/);

  await signInBy(browser, welcome);
  await welcome.bringToFront();
  // Playwright has Chromium show every page all the time.
  await welcome.evaluate(() => document.dispatchEvent(new Event('visibilitychange')) && undefined, undefined);
  await welcome.waitForText('main', /OpenAI connected/);
});

test('when the gateway login has lapsed, the sign-in goes on by itself once the user has logged in there', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  // Stands for a gateway such as oauth2-proxy: a 302 to its login page, as docs of oauth2-proxy and Authelia describe,
  // until the browser shows the session cookie.
  const gateway = createServer(await world.authority.issue('page.example.com'), (request, response) => {
    if (request.method !== 'POST') {
      return response.setHeader('content-type', 'text/html').end('<form method="post"><button>Log in</button></form>');
    }
    response.writeHead(302, { location: server.url, 'set-cookie': 'session=1; Domain=example.com; Secure' }).end();
  });
  const loginPage = await world.addSite('page.example.com', gateway);
  const opencode = await openOpencode(browser, server);
  await haveServer(browser, server.url);
  const tab = await startSignIn(browser, opencode);
  await opencode.close();
  server.reverseProxy.intercept = (request, response) => {
    if (request.headers.cookie?.includes('session=1')) return false;
    response.writeHead(302, { location: `${loginPage}/login` }).end();
    return true;
  };
  await tab.click(allow);
  expect(await waitForPhase(tab, 'failed')).toContain('opencode.example.com answered with a login page');
  expect(world.providers.chatgpt.exchanges).toEqual([]);

  // What its "Open opencode" opens.
  const login = await browser.newTab(server.url);
  await login.click({ role: 'button', name: 'Log in' });
  await waitForPhase(tab, 'completed');
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
});

test('a sign-in that was started inside a project of opencode completes', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  await haveServer(browser, server.url);
  const page = await browser.newTab(`${server.url}/global/health`);
  // The requests that opencode 1.18.33's web UI sends from a project, compared with its own: it names the project's
  // directory, and the server keeps the waiting sign-in for that directory only.
  const tab = await browser.tabOpenedBy(() =>
    page.evaluate(async () => {
      const request = (path: string, body: object) =>
        fetch(path, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-opencode-directory': '%2Ftmp' },
          body: JSON.stringify(body),
        });
      const { url } = await (await request('/provider/openai/oauth/authorize', { method: 0 })).json();
      void request('/provider/openai/oauth/callback', { method: 0 }).then(async (answer) => {
        document.body.dataset.answer = await answer.text();
      });
      const link = Object.assign(document.createElement('a'), { href: url, target: '_blank', rel: 'noreferrer' });
      document.body.append(link);
      link.click();
    }, undefined),
  );
  await tab.click(allow);
  await waitForPhase(tab, 'completed');
  await page.waitForText('body[data-answer=true]', /./);
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
});

/** Signs in by the button beside the one server of a page of the extension's. @returns the tab that says so */
async function signInBy(browser: BrowserDriver, page: Tab): Promise<Tab> {
  const tab = await browser.tabOpenedBy(() => page.click({ role: 'button', name: 'Sign in to ChatGPT' }));
  await tab.click(allow);
  await waitForPhase(tab, 'completed');
  return tab;
}
