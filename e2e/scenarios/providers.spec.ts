/** Every other sign-in of opencode that comes back to a loopback address, started from the popup and from opencode's web UI. */
import { join } from 'node:path';
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import { everyDayInFirefox } from '../everyDay.ts';
import { expectNoSecrets } from '../expectNoSecrets.ts';
import { expect, test } from '../fixtures.ts';
import { allow } from '../pages/authorize.ts';
import { addServer, haveServer, openPopup, waitForPhase } from '../pages/extension.ts';
import {
  connectProvider,
  followLink,
  logInToMcpServer,
  openMcpServers,
  openOpencode,
  openSession,
  waitUntilConnected,
  waitUntilMcpServerIsConnected,
} from '../pages/opencode.ts';
import {
  callsFor,
  configureMcp,
  expectSignedIn,
  mcp,
  mcpServers,
  type SignIn,
  signIns,
  startFromPopup,
  usedProviders,
} from '../pages/providers.ts';
import { startSignIn } from '../pages/signIn.ts';
import { askForMcpLogin } from '../pages/webUiRequests.ts';
import { signInFrom } from '../signInTable.ts';
import { namespaceRun } from '../world/namespaces.ts';
import { configuredRedirectUri } from '../world/providers/mcp.ts';

/** What the popup starts is told by opencode itself, in any browser: a provider's and an MCP server's are tried in both. */
const bothBrowsers = ['GitLab Duo', mcp.label];

for (const signIn of [...signIns, mcp]) {
  const title = `a sign-in to ${signIn.label} that is started from the popup completes`;
  const tag = bothBrowsers.includes(signIn.label) ? [] : everyDayInFirefox;
  test(title, { ...signInFrom('popup', nameOf(signIn)), tag }, async ({ world, browserWithExtension: browser }) => {
    const server = await world.addServer('opencode.example.com');
    if (!signIn.id) await configureMcp(server);
    await browser.newTab(`${server.url}/global/health`);
    const popup = await openPopup(browser);
    await addServer(popup, server.url);
    const tab = await startFromPopup(browser, popup, signIn);
    // What the extension asks through the server's tab is not taken for a sign-in of the web UI's own.
    expect(await browser.background(async ({ storage }) => Object.keys(await storage.session.get()))).not.toContain(
      'web-ui-starts',
    );
    await tab.click(allow);

    expect(await waitForPhase(tab, 'completed')).toContain(`Signed in to ${signIn.label} on opencode.example.com`);
    await expectSignedIn(world, server, signIn);
    // Only then opencode has the provider's models.
    if (signIn.id) await expect.poll(() => usedProviders(server)).toContain(signIn.id);
    await expectNoSecrets({ world, server, browser, tab });
  });
}

for (const signIn of signIns) {
  const title = `a sign-in to ${signIn.label} that is started in opencode's web UI completes there`;
  const note = signIn.provider === 'poe' ? 'yes, after a question' : 'yes';
  test(title, signInFrom('web UI', nameOf(signIn), note), async ({ world, browserWithExtension: browser }) => {
    const server = await world.addServer('opencode.example.com');
    const opencode = await openOpencode(browser, server);
    await haveServer(browser, server.url);
    const tab = await startInWebUi(browser, opencode, signIn);
    await logIn(tab, signIn);

    expect(await waitForPhase(tab, 'completed')).toContain(`Signed in to ${signIn.label} on opencode.example.com`);
    await waitUntilConnected(opencode, signIn.label);
    await expectSignedIn(world, server, signIn);
    expect(callsFor(server, /^POST \/provider\/.*\/oauth\/callback/)).toHaveLength(1);
    await expectNoSecrets({ world, server, browser, tab });
  });
}

for (const signIn of signIns) {
  const title = `where ${signIn.label} is signed in already, sign-ins complete all the same, and opencode has the last one's login`;
  test(title, { tag: everyDayInFirefox }, async ({ world, browserWithExtension: browser }) => {
    const { provider, id = '', label, option } = signIn;
    const server = await world.addServer('opencode.example.com');
    const opencode = await openOpencode(browser, server);
    await haveServer(browser, server.url);
    const expectNewLogin = async (tab: Tab) => {
      expect(await waitForPhase(tab, 'completed')).toContain(`Signed in to ${label} on opencode.example.com`);
      // The last secret that the provider has handed out is what it gave for the code.
      const login = JSON.stringify(server.opencode.storedCredentials()[id]);
      expect(login).toContain(world.providers[provider].secrets().at(-1));
    };

    // Right after it, what the web UI asks is not taken for what the extension has asked through the same tab.
    const first = await startFromPopup(browser, await openPopup(browser), signIn);
    await first.click(allow);
    await expectNewLogin(first);
    for (const exchanges of [
      ['ok', 'ok'],
      ['ok', 'ok', 'ok'],
    ]) {
      const tab = await startInWebUi(browser, opencode, signIn);
      await logIn(tab, signIn);
      await expectNewLogin(tab);
      await waitUntilConnected(opencode, label);
      expect(world.providers[provider].exchanges).toEqual(exchanges);
    }
    const last = await startFromPopup(browser, await openPopup(browser), { ...signIn, option: `${option} Connected` });
    await last.click(allow);
    await expectNewLogin(last);
    expect(world.providers[provider].exchanges).toEqual(['ok', 'ok', 'ok', 'ok']);
  });
}

/** Logs in at the provider, after a start in the web UI. */
async function logIn(tab: Tab, { provider }: SignIn): Promise<void> {
  await tab.click(allow);
  // Poe sends no state by which its response could be known, and its tab was not seen: the user is asked.
  if (provider === 'poe') await tab.click({ role: 'button', name: 'Send to opencode.example.com' });
}

/** What it is called in the table of sign-ins. */
function nameOf({ id, label }: SignIn): string {
  return id ? label : 'an MCP server';
}

/** Answers the provider's tab. */
async function startInWebUi(
  browser: BrowserDriver,
  opencode: Tab,
  { id = '', label, option, inputs }: SignIn,
): Promise<Tab> {
  // The page writes what stands in parentheses apart.
  const [method = ''] = option.slice(label.length + 1).split(' (');
  await connectProvider(opencode, id, method, Object.values(inputs));
  return followLink(browser, opencode);
}

/** A project in a folder of its own, below the one that opencode is started in. */
const emptyProject = { 'project/README.md': '' };

const mcpInWebUi = "a sign-in to an MCP server that is started in opencode's web UI opens here, and completes there";
test(mcpInWebUi, signInFrom('web UI', nameOf(mcp)), async ({ world, browserWithExtension: browser }) => {
  const server = await world.addServer('opencode.example.com', { project: emptyProject });
  await haveServer(browser, server.url);
  await configureMcp(server);
  const project = join(server.opencode.folder, 'project');
  const opencode = await openSession(browser, server, project);
  await openMcpServers(opencode);
  const tab = await logInToMcpServer(browser, opencode, 'demo');
  await tab.click(allow);

  expect(await waitForPhase(tab, 'completed')).toContain('Signed in to demo on opencode.example.com');
  await opencode.bringToFront();
  await waitUntilMcpServerIsConnected(opencode, 'demo');
  expect(world.providers.mcp.exchanges).toEqual(['ok']);
  // It names the project, and opencode has each project's MCP servers apart.
  expect([...server.reverseProxy.directories]).toEqual([encodeURIComponent(project)]);
  expect(callsFor(server, /^POST \/mcp\/demo\/auth/)).toEqual(['POST /mcp/demo/auth/authenticate 200']);
});

test("two MCP servers' logins that are started one after the other in opencode's web UI get each its own response", async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com', { project: emptyProject });
  await haveServer(browser, server.url);
  await configureMcp(server, ['demo', 'other']);
  const opencode = await openSession(browser, server, join(server.opencode.folder, 'project'));
  await openMcpServers(opencode);
  const demo = await logInToMcpServer(browser, opencode, 'demo');
  // As long as it waits, the dialog takes no other click (1.18.33): people close it and open it again.
  await opencode.bringToFront();
  await opencode.click({ role: 'button', name: 'Close' });
  await openMcpServers(opencode);
  const other = await logInToMcpServer(browser, opencode, 'other');

  for (const [tab, name] of [
    [other, 'other'],
    [demo, 'demo'],
  ] as const) {
    await tab.bringToFront();
    await tab.click(allow);
    expect(await waitForPhase(tab, 'completed')).toContain(`Signed in to ${name} on opencode.example.com`);
    await opencode.bringToFront();
    await waitUntilMcpServerIsConnected(opencode, name);
  }
  expect(world.providers.mcp.exchanges).toEqual(['ok', 'ok']);
});

for (const place of ['the web UI', 'the popup']) {
  test(`an MCP server's sign-in comes back to the redirect URI that its user has configured: ${place}`, async ({
    world,
    browserWithExtension: browser,
  }) => {
    const server = await world.addServer('opencode.example.com');
    await configureMcp(server, ['demo'], { redirectUri: configuredRedirectUri });
    await haveServer(browser, server.url);
    const opencode = await openOpencode(browser, server);
    const tab =
      place === 'the popup'
        ? await startFromPopup(browser, await openPopup(browser), mcp)
        : await browser.tabOpenedBy(() => askForMcpLogin(opencode));
    await tab.click(allow);
    expect(await waitForPhase(tab, 'completed')).toContain('Signed in to demo on opencode.example.com');
    expect([...world.providers.mcp.redirectUris]).toEqual([configuredRedirectUri]);
    await expectSignedIn(world, server, mcp);
  });
}

test('two MCP servers whose logins wait at the same time get each its own: the second first', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  await configureMcp(server, ['demo', 'other']);
  await haveServer(browser, server.url);
  const opencode = await openOpencode(browser, server);
  const first = await browser.tabOpenedBy(() => askForMcpLogin(opencode));
  const second = await startFromPopup(browser, await openPopup(browser), { ...mcp, option: 'other MCP server' });
  const signedIn: string[] = [];
  for (const tab of [second, first]) {
    await tab.bringToFront();
    await tab.click(allow);
    signedIn.push(await waitForPhase(tab, 'completed'));
  }
  expect(signedIn.map((said) => /Signed in to (demo|other) on/.exec(said)?.[1])).toEqual(['other', 'demo']);
  expect(await mcpServers(server)).toEqual({ demo: { status: 'connected' }, other: { status: 'connected' } });
  expect(world.providers.mcp.exchanges).toEqual(['ok', 'ok']);
});

test('ChatGPT, GitLab and an MCP server, waiting on two servers at once, all end where they belong', async ({
  world,
  browserWithExtension: browser,
}) => {
  test.skip(!namespaceRun, 'without namespaces the servers share their listeners');
  const [first, second] = [await world.addServer('opencode.example.com'), await world.addServer('team.example.com')];
  await configureMcp(second);
  const opencode = await openOpencode(browser, first);
  await haveServer(browser, first.url);
  const chatGpt = await startSignIn(browser, opencode);

  const popup = await openPopup(browser);
  await addServer(popup, second.url);
  const inSecond = `//li[contains(., "team.example.com")]`;
  await popup.click({ xpath: `${inSecond}//button[normalize-space()="More sign-ins…"]` });
  await popup.click({ role: 'button', name: 'GitLab Duo GitLab OAuth' });
  const gitlab = await browser.tabOpenedBy(() => popup.click({ role: 'button', name: 'Continue' }));
  await gitlab.waitFor(allow);
  await popup.bringToFront();
  await popup.click({ role: 'button', name: 'Back' });
  const demo = await browser.tabOpenedBy(() => popup.click({ role: 'button', name: 'demo MCP server' }));

  for (const [tab, end] of [
    [demo, 'Signed in to demo on team.example.com'],
    [chatGpt, 'Signed in to ChatGPT on opencode.example.com'],
    [gitlab, 'Signed in to GitLab Duo on team.example.com'],
  ] as const) {
    await tab.bringToFront();
    await tab.click(allow);
    expect(await waitForPhase(tab, 'completed')).toContain(end);
  }
  expect(Object.keys(first.opencode.storedCredentials())).toEqual(['openai']);
  expect(Object.keys(second.opencode.storedCredentials())).toEqual(['gitlab']);
  expect(await mcpServers(second)).toEqual({ demo: { status: 'connected' } });
  expect([world.providers.chatgpt, world.providers.gitlab, world.providers.mcp].map((one) => one.exchanges)).toEqual([
    ['ok'],
    ['ok'],
    ['ok'],
  ]);
});

for (const { provider, id, choice, label } of [
  { provider: 'xai', id: 'xai', choice: 'SuperGrok', label: 'xAI' },
  { provider: 'github', id: 'github-copilot', choice: 'GitHub.com', label: 'GitHub Copilot' },
] as const) {
  const title = `a sign-in to ${label}, by a device code, goes on as if the extension were not there`;
  test(title, signInFrom('web UI', label, 'yes, untouched'), async ({ world, browserWithExtension: browser }) => {
    const server = await world.addServer('opencode.example.com');
    const opencode = await openOpencode(browser, server);
    await haveServer(browser, server.url);
    await connectProvider(opencode, id, choice);
    const code = await userCodeIn(opencode);
    const tab = await followLink(browser, opencode);
    await tab.fill({ xpath: '//input[@name="user_code"]' }, code);
    await tab.click(allow);
    await tab.waitForText('h1', /Device connected/);

    await waitUntilConnected(opencode, label);
    expect(world.providers[provider].exchanges).toEqual(['ok']);
    expect(callsFor(server, /^POST \/(api\/)?pty/)).toEqual([]);
    expect(callsFor(server, /^POST \/provider\/.*\/oauth\/callback/)).toHaveLength(1);
    const stored = await browser.background(async ({ storage }) => Object.keys(await storage.session.get()));
    expect(stored.filter((key) => key.startsWith('sign-in:'))).toEqual([]);
  });
}

test('the popup says of a device code that opencode needs no help with it, and shows what opencode says of an input', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  const popup = await openPopup(browser);
  await addServer(popup, server.url);
  await popup.click({ role: 'button', name: 'More sign-ins…' });
  await popup.waitForText('.unhelped', /opencode does these without this extension.*xAI/s);

  await popup.click({ role: 'button', name: 'GitLab Duo GitLab OAuth' });
  await popup.fill({ role: 'textbox', name: 'GitLab instance URL' }, 'ftp://gitlab.com');
  await popup.click({ role: 'button', name: 'Continue' });
  await popup.waitForText('[role=alert]', /Instance URL must use http or https/);
});

/** The device code that opencode's dialog shows, in a field that it can be copied from. */
async function userCodeIn(opencode: Tab): Promise<string> {
  let code = '';
  const read = () =>
    opencode.evaluate(
      () =>
        [...document.querySelectorAll<HTMLInputElement>('[role=dialog] input')]
          .map(({ value }) => /[A-Z0-9]{4}-[A-Z0-9]{4}/.exec(value)?.[0])
          .find((found) => found) ?? '',
      undefined,
    );
  await expect.poll(async () => (code = await read())).not.toBe('');
  return code;
}
