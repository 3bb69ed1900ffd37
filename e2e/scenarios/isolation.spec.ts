/** What the extension must leave alone, and what it must keep apart. */
import { createServer } from 'node:http';
import { deliveries } from '../deliveries.ts';
import { expect, test } from '../fixtures.ts';
import { allow } from '../pages/authorize.ts';
import { haveServer, waitForPhase } from '../pages/extension.ts';
import { connectChatGpt, followLink, isStillWaiting, openOpencode, waitUntilConnected } from '../pages/opencode.ts';
import { beginSignIn, startSignIn } from '../pages/signIn.ts';
import { namespaceRun } from '../world/namespaces.ts';

test('two servers: each sign-in reaches its own', async ({ world, browserWithExtension: browser }) => {
  const first = await world.addServer('opencode.example.com', { password: 'first' });
  const second = await world.addServer('team.example.com', { password: 'second' });
  const [firstUi, secondUi] = [await openOpencode(browser, first), await openOpencode(browser, second)];
  await haveServer(browser, first.url);
  await haveServer(browser, second.url);

  const firstTab = await startSignIn(browser, firstUi);
  // Without namespaces both servers share port 1455, and only one can wait.
  if (!namespaceRun) {
    await firstTab.click(allow);
    await waitForPhase(firstTab, 'completed');
  }
  const secondTab = await startSignIn(browser, secondUi);
  await secondTab.click(allow);
  expect(await waitForPhase(secondTab, 'completed')).toContain('on team.example.com');
  await waitUntilConnected(secondUi);
  if (namespaceRun) {
    expect(first.opencode.storedCredentials()).toEqual({});
    expect(await isStillWaiting(firstUi)).toBe(true);
    await firstTab.bringToFront();
    await firstTab.click(allow);
  }
  expect(await waitForPhase(firstTab, 'completed')).toContain('on opencode.example.com');
  expect(first.opencode.storedCredentials()).toMatchObject({ openai: { type: 'oauth' } });
  expect(second.opencode.storedCredentials()).toMatchObject({ openai: { type: 'oauth' } });
  expect(world.providers.chatgpt.exchanges).toEqual(['ok', 'ok']);
});

test('a sign-in of a program on this machine passes through, while another is armed and while none is', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  const opencode = await openOpencode(browser, server);
  await haveServer(browser, server.url);

  const received: string[] = [];
  const local = createServer((request, response) => {
    if (request.url?.startsWith('/auth/callback')) received.push(request.url);
    response.end('Signed in to the local program');
  });
  await world.listenOnUserPort1455(local);

  for (const armed of [false, true]) {
    if (armed) await connectChatGpt(opencode);
    const provider = armed ? await followLink(browser, opencode) : undefined;
    // A program on this machine opens its own authorization request, with its own state.
    const url = new URL('https://auth.openai.com/oauth/authorize');
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
      redirect_uri: 'http://localhost:1455/auth/callback',
      scope: 'openid profile email offline_access',
      code_challenge: 'A'.repeat(43),
      code_challenge_method: 'S256',
      state: `local-program-${armed}`,
      originator: 'codex_cli_rs',
    }).toString();
    const tab = await browser.newTab(url.href);
    await tab.click(allow);
    await tab.waitForText('body', /Signed in to the local program/);
    expect(received).toHaveLength(armed ? 2 : 1);
    expect(received.at(-1)).toContain(`state=local-program-${armed}`);

    if (provider) {
      await provider.bringToFront();
      await provider.click(allow);
      await waitForPhase(provider, 'completed');
      await waitUntilConnected(opencode);
    }
    await tab.close();
  }
  expect(received).toHaveLength(2);
});

test('a response with a wrong state is not captured and cannot make the waiting sign-in fail', async ({
  world,
  browserWithExtension: browser,
}) => {
  const { server, opencode, tab: provider } = await beginSignIn(world, browser);

  const state = world.providers.chatgpt.states.at(-1) ?? '';
  for (const wrong of [`${state}x`, state.slice(1), state.toLowerCase()]) {
    const tab = await browser.newTab(`http://localhost:1455/auth/callback?code=ac_wrong&state=${wrong}`);
    // It went where it always went, nobody was there, and so it is offered: nothing is sent by itself.
    await tab.waitForText('[role=status]', /nothing here is waiting for it/);
    await tab.close();
  }
  const stateless = await browser.newTab('http://localhost:1455/auth/callback?code=ac_wrong');
  await stateless.waitForErrorPage();
  await stateless.close();
  expect(deliveries(server)).toEqual([]);
  expect(await isStillWaiting(opencode)).toBe(true);

  await provider.bringToFront();
  await provider.click(allow);
  await waitForPhase(provider, 'completed');
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
});

test('a sign-in that started on a server nobody added is offered at most: nothing is sent by itself', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  const opencode = await openOpencode(browser, server);
  const tab = await startSignIn(browser, opencode);
  await tab.click(allow);

  await tab.waitForText('[role=status]', /nothing here is waiting for it/);
  expect(await isStillWaiting(opencode)).toBe(true);
  expect(world.providers.chatgpt.exchanges).toEqual([]);
});
