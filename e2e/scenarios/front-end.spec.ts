/** Front ends of somebody else's, whose pages are not below opencode's API, and pages that have opencode in a frame. */
import { createServer } from 'node:https';
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import { expect, test } from '../fixtures.ts';
import { allow, followLinkTo } from '../pages/authorize.ts';
import { addServer, haveServer, openPopup, storedServers, waitForPhase } from '../pages/extension.ts';
import { connectChatGpt, connectProvider, followLink, waitUntilConnected } from '../pages/opencode.ts';
import { callsFor } from '../pages/providers.ts';
import { ingress, serveFrontEnd, serveIngress } from '../world/front-ends.ts';

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
    const tab = await logIn(browser, page, 'Connect OpenAI');
    expect(await waitForPhase(tab, 'completed')).toContain('on opencode.example.com/api');
    expect(Object.keys(server.opencode.storedCredentials())).toEqual(['openai']);
    // What its user is told to press afterwards says so as well.
    await page.click({ role: 'button', name: 'Complete' });
    await page.waitForText('[role=status]', /^Connected$/);
  });
}

test('a sign-in whose link stands in a text field, and whose outcome nobody asks for, completes', async ({
  shared,
}) => {
  const { world, browser } = shared;
  const server = await world.addServer('opencode.example.com');
  serveFrontEnd(server);
  await haveServer(browser, `${server.url}/api`);
  const tab = await logIn(browser, await browser.newTab(`${server.url}/session/ses_1`), 'Connect GitLab');
  expect(await waitForPhase(tab, 'completed')).toContain('Signed in to GitLab Duo on opencode.example.com/api');
  expect(world.providers.gitlab.exchanges).toEqual(['ok']);
  expect(Object.keys(server.opencode.storedCredentials())).toEqual(['gitlab']);
  expect(callsFor(server, /^POST .*\/oauth\/callback/)).toHaveLength(1);
});

test("a sign-in that a page has started by opencode's second API completes, though no callback endpoint knows of it", async ({
  shared,
}) => {
  const { world, browser } = shared;
  const server = await world.addServer('opencode.example.com', { isFresh: true });
  await haveServer(browser, server.url);
  const page = await browser.newTab(`${server.url}/global/health`);
  const integration = async () => (await server.opencode.fetch('/api/integration/openai')).text();
  await expect.poll(integration).toContain('chatgpt-browser');
  const { attemptID, url } = await page.evaluate(startByIntegration, undefined);
  const tab = await followLinkTo(browser, page, url);
  await tab.click(allow);
  expect(await waitForPhase(tab, 'completed')).toContain('Signed in to ChatGPT on opencode.example.com');
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
  expect(await integration()).toContain('"type":"credential"');
  const attempt = await server.opencode.fetch(`/api/integration/attempt/${attemptID}`);
  expect(await attempt.json()).toMatchObject({ data: { status: 'complete' } });
});

/** Runs in the page. */
async function startByIntegration(): Promise<{ attemptID: string; url: string }> {
  const answer = await fetch('/api/integration/openai/connect/oauth', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"methodID":"chatgpt-browser","inputs":{}}',
  });
  return (await answer.json()).data;
}

test('a home server that has it in a frame is found by the address that its user sees', async ({ shared }) => {
  const { world, browser } = shared;
  const server = await world.addServer('opencode.example.com');
  serveIngress(server);
  const seen = `${server.url}${ingress.page}`;
  const popup = await openPopup(browser);
  expect(await addServer(popup, seen)).toMatch(/^opencode was not found at/);
  await (await browser.newTab(seen)).frame();
  expect(await addServer(popup, seen)).toMatch(
    /^Found opencode 1\.18\.33 at opencode\.example\.com\/api\/hassio_ingress\/\S+\. .*When it changes, add the server again/,
  );
  expect(await storedServers(browser)).toEqual([{ url: server.url + ingress.place }]);
});

for (const [provider, password] of [['OpenAI'], ['OpenAI', 'correct-horse'], ['GitLab']] as const) {
  const login = password ? ', with a password that only its frame has,' : '';
  test(`a sign-in to ${provider} from the frame of a home server${login} completes`, async ({ shared }) => {
    const { world, browser } = shared;
    const server = await world.addServer('opencode.example.com', { password });
    serveIngress(server);
    await haveServer(browser, server.url + ingress.place);
    const page = await browser.newTab(server.url + ingress.page);
    if (password) {
      const asUser = server.url.replace('https://', `https://opencode:${password}@`);
      await page.goto(`${asUser}${ingress.place}/global/health`);
      await page.goto(server.url + ingress.page);
    }
    const tab = await logIn(browser, await page.frame(), `Connect ${provider}`);
    expect(await waitForPhase(tab, 'completed')).toContain(`on opencode.example.com${ingress.place}`);
    expect(Object.keys(server.opencode.storedCredentials())).toEqual([provider.toLowerCase()]);
  });
}

for (const provider of ['OpenAI', 'GitLab Duo'] as const) {
  test(`a sign-in to ${provider} from opencode's own web UI, in a frame of another site, completes`, async ({
    shared,
  }) => {
    const { world, browser } = shared;
    const server = await world.addServer('opencode.example.com');
    await haveServer(browser, server.url);
    const home = createServer(await world.authority.issue('page.example.com'), (_, response) => {
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(`<iframe src="${server.url}" style="width: 1200px; height: 800px"></iframe>`);
    });
    const page = await browser.newTab(await world.addSite('page.example.com', home));
    const opencode = await page.frame();
    await opencode.waitFor({ role: 'button', name: 'Settings' });
    if (provider === 'OpenAI') await connectChatGpt(opencode);
    else await connectProvider(opencode, 'gitlab', 'GitLab OAuth', ['https://gitlab.com']);
    const tab = await followLink(browser, opencode);
    await tab.click(allow);
    expect(await waitForPhase(tab, 'completed')).toContain(
      `Signed in to ${provider === 'OpenAI' ? 'ChatGPT' : provider}`,
    );
    await waitUntilConnected(opencode, provider);
  });
}

test('one whose path looks made up for a session is said to be so', async ({ shared }) => {
  const { world, browser } = shared;
  const server = await world.addServer('opencode.example.com');
  const place = '/api/hassio_ingress/Zx3kQ9vT0aLmN7pR2sUwYg';
  server.reverseProxy.intercept = (request, response) => {
    if (request.url?.startsWith(`${place}/`)) request.url = request.url.slice(place.length);
    else response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>');
    return response.writableEnded;
  };
  const popup = await openPopup(browser);
  expect(await addServer(popup, `${server.url}${place}/`)).toMatch(
    /valid for one session only\. When it changes, add the server again/,
  );
});

/** Presses a button of a front end's page, and logs in at the provider, in the tab that this opens. @returns that tab */
async function logIn(browser: BrowserDriver, page: Tab, name: string): Promise<Tab> {
  const tab = await browser.tabOpenedBy(() => page.click({ role: 'button', name }));
  await tab.click(allow);
  return tab;
}
