/** The files of `docs/deploy` do what their documents promise: run by nginx and Caddy in front of the real opencode. */
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import { expectNoSecrets } from '../expectNoSecrets.ts';
import { expect } from '../fixtures.ts';
import { allow } from '../pages/authorize.ts';
import { haveServer, setCallbackUrl, waitForPhase } from '../pages/extension.ts';
import { openOpencode, waitUntilConnected } from '../pages/opencode.ts';
import { startSignIn } from '../pages/signIn.ts';
import type { RemoteServer } from '../world/world.ts';
import { arrange, arrangements, host, names, test } from './arrangements.ts';

const logIn = { role: 'button', name: 'Sign in with Example' } as const;

for (const arrangement of arrangements) {
  const name = `${arrangement.proxy} and ${names[arrangement.login]}`;

  test(`a sign-in completes behind ${name}`, async ({ world, proxies, browserWithExtension: browser }) => {
    const { server, gateway } = await arrange(world, proxies, arrangement);
    const opencode = gateway ? await openThroughGateway(browser, server) : await openOpencode(browser, server);
    await haveServer(browser, server.url);
    const tab = await startSignIn(browser, opencode);
    await tab.click(allow);

    expect(await waitForPhase(tab, 'completed')).toContain(`Signed in to ChatGPT on ${host}`);
    await waitUntilConnected(opencode);
    expect(server.opencode.storedCredentials()).toMatchObject({ openai: { type: 'oauth' } });
    server.reverseProxy.accessLog.push(proxies.log());
    await expectNoSecrets({ world, server, browser, tab });
  });

  test(`a sign-in completes through the callback URL behind ${name}`, async ({
    world,
    proxies,
    browserWithExtension: browser,
  }) => {
    const { server, gateway } = await arrange(world, proxies, arrangement);
    const opencode = gateway ? await openThroughGateway(browser, server) : await openOpencode(browser, server);
    await haveServer(browser, server.url);
    const popup = await setCallbackUrl(browser, `${server.url}/auth/callback`);
    await popup.waitForText('[role=status]', /Saved/);
    await opencode.bringToFront();
    const tab = await startSignIn(browser, opencode);
    await tab.click(allow);

    await waitForPhase(tab, 'completed');
    await waitUntilConnected(opencode);
    expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
    expect(proxies.log()).toContain('/auth/callback');
    expect(proxies.log()).not.toMatch(/(POST|PUT) \S*pty/);
  });
}

for (const proxyName of ['nginx', 'caddy'] as const) {
  test(`a session of the gateway behind ${proxyName} that ends meanwhile loses nothing: after a new login the sign-in goes on`, async ({
    world,
    proxies,
    browserWithExtension: browser,
  }) => {
    const { server, gateway } = await arrange(world, proxies, { proxy: proxyName, login: 'sso' });
    if (!gateway) throw new Error('arranged without a gateway');
    const opencode = await openThroughGateway(browser, server);
    await haveServer(browser, server.url);
    const tab = await startSignIn(browser, opencode);
    gateway.hasSession = false;
    await tab.click(allow);

    await waitForPhase(tab, 'failed');
    expect(world.providers.chatgpt.exchanges).toEqual([]);
    await openThroughGateway(browser, server);
    await waitForPhase(tab, 'completed');
    expect(server.opencode.storedCredentials()).toMatchObject({ openai: { type: 'oauth' } });
  });
}

/** Opens the web UI as somebody who is led to the gateway's login page first. */
async function openThroughGateway(browser: BrowserDriver, server: RemoteServer): Promise<Tab> {
  const tab = await browser.newTab(server.url);
  await tab.click(logIn);
  await tab.waitFor({ role: 'button', name: 'Settings' });
  return tab;
}
