/** Sign-ins by other people's plugins: the real ones from npm, in the real opencode, with strict stand-ins for Google and OpenAI. */
import { deliveries } from '../deliveries.ts';
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import { everyDayInFirefox } from '../everyDay.ts';
import { expectNoSecrets } from '../expectNoSecrets.ts';
import { expect, type Shared, test } from '../fixtures.ts';
import { allow } from '../pages/authorize.ts';
import { haveServer, openPopup, waitForPhase } from '../pages/extension.ts';
import { chooseMethod, followLink, isStillWaiting, openOpencode, waitUntilConnected } from '../pages/opencode.ts';
import { callsFor, usedProviders } from '../pages/providers.ts';
import { pluginSignInFrom } from '../signInTable.ts';
import { type Plugin, type PluginMethod, withOwnPlugin, withPlugin } from '../world/plugins.ts';
import type { RemoteServer, World } from '../world/world.ts';

const labels: Record<Plugin, Record<PluginMethod, string>> = {
  'opencode-gemini-auth': same('OAuth with Google (Gemini CLI)'),
  'opencode-antigravity-auth': same('OAuth with Google (Antigravity)'),
  'opencode-openai-codex-auth': {
    auto: 'ChatGPT Plus/Pro (Codex Subscription)',
    code: 'ChatGPT Plus/Pro (Manual URL Paste)',
  },
};
/** What signs in where, how opencode names it, and how the page that follows opencode's link does. */
const subjects: Record<Plugin, { id: 'google' | 'openai'; name: string; named: string }> = {
  'opencode-gemini-auth': { id: 'google', name: 'Google', named: 'Google' },
  'opencode-antigravity-auth': { id: 'google', name: 'Google', named: 'Google' },
  'opencode-openai-codex-auth': { id: 'openai', name: 'OpenAI', named: 'ChatGPT' },
};
/** What the table says of a sign-in that completes. */
const yes: Partial<Record<Plugin, string>> = { 'opencode-openai-codex-auth': 'yes²' };
const rows = (Object.keys(labels) as Plugin[]).flatMap((plugin) =>
  (['auto', 'code'] as const).map((method) => [plugin, method] as const),
);

function same(label: string): Record<PluginMethod, string> {
  return { auto: label, code: label };
}

function standInOf({ providers }: World, plugin: Plugin): { exchanges: string[] } {
  return subjects[plugin].id === 'openai' ? providers.chatgpt : providers.google;
}

/** Where a code is pasted, nothing goes to a listener. ChatGPT's may be asked before, by requests that carry nothing. */
function expectNoListenerAsked(server: RemoteServer, plugin: Plugin): void {
  expect(deliveries(server)).toEqual([]);
  if (subjects[plugin].id !== 'openai') expect(callsFor(server, /^POST \/(api\/)?(pty|mcp)/)).toEqual([]);
}

for (const [plugin, method] of rows) {
  const { id, name } = subjects[plugin];
  const title = `a sign-in by ${plugin}, ${method}, that is started from the popup completes, and so does a second one`;
  const tag = plugin === 'opencode-gemini-auth' ? [] : everyDayInFirefox;
  test(title, { ...pluginSignInFrom('popup', plugin, method, yes[plugin]), tag }, async ({ shared }) => {
    const { world, browser } = shared;
    const server = await world.addServer('opencode.example.com', withPlugin(plugin, method));
    await haveServer(browser, server.url);
    for (const exchanges of [['ok'], ['ok', 'ok']]) {
      const popup = await openPopup(browser);
      const tab = await startFromPopup(browser, popup, labels[plugin][method]);
      await tab.click(allow);
      expect(await waitForPhase(tab, 'completed')).toContain(`Signed in to ${name} on opencode.example.com`);
      expect(standInOf(world, plugin).exchanges).toEqual(exchanges);
      await expect.poll(() => usedProviders(server)).toContain(id);
      if (method === 'code') expectNoListenerAsked(server, plugin);
      await expectNoSecrets({ world, server, browser, tab });
    }
    expect(Object.keys(server.opencode.storedCredentials())).toEqual([id]);
  });
}

for (const plugin of ['opencode-gemini-auth', 'opencode-openai-codex-auth'] as const) {
  const { id, name, named } = subjects[plugin];

  test(
    `a sign-in by ${plugin}, auto, that is started in opencode's web UI completes there, and so does a second one`,
    pluginSignInFrom('web UI', plugin, 'auto', yes[plugin]),
    async ({ shared }) => {
      const { world, browser } = shared;
      const { server, opencode } = await openWithPlugin(shared, plugin, 'auto');
      for (const exchanges of [['ok'], ['ok', 'ok']]) {
        const tab = await beginInWebUi(browser, opencode, plugin, 'auto');
        await tab.click(allow);
        expect(await waitForPhase(tab, 'completed')).toContain(`Signed in to ${named} on opencode.example.com`);
        await waitUntilConnected(opencode, name);
        await expect.poll(() => isStillWaiting(opencode)).toBe(false);
        // A second call of the callback endpoint would have the plugin for ChatGPT exchange its code twice.
        expect(standInOf(world, plugin).exchanges).toEqual(exchanges);
        expect(callsFor(server, /^POST \/provider\/.*\/oauth\/callback/)).toHaveLength(exchanges.length);
        await expectNoSecrets({ world, server, browser, tab });
      }
    },
  );

  test(
    `a sign-in by ${plugin}, code, that is started in opencode's web UI completes and its dialog stops asking for a code, twice in a row`,
    pluginSignInFrom('web UI', plugin, 'code', yes[plugin]),
    async ({ shared }) => {
      const { world, browser } = shared;
      const { server, opencode } = await openWithPlugin(shared, plugin, 'code');
      for (const exchanges of [['ok'], ['ok', 'ok']]) {
        const tab = await beginInWebUi(browser, opencode, plugin, 'code');
        await opencode.waitFor(codeField);
        await tab.click(allow);
        expect(await waitForPhase(tab, 'completed')).toContain(`Signed in to ${named} on opencode.example.com`);
        expect(standInOf(world, plugin).exchanges).toEqual(exchanges);
        await expect.poll(() => hasCodeField(opencode)).toBe(false);
        await tab.waitForText('[role=status]', /You can go on in opencode/);
        await expect.poll(() => usedProviders(server)).toContain(id);
        expect(callsFor(server, /^POST \/provider\/.*\/oauth\/callback/)).toHaveLength(exchanges.length);
        expectNoListenerAsked(server, plugin);
        await expectNoSecrets({ world, server, browser, tab });
      }
    },
  );
}

for (const method of ['auto', 'code'] as const) {
  test(`a sign-in by opencode-antigravity-auth, ${method}, cannot be started in opencode's web UI: the plugin asks on the server's standard input`, {
    ...pluginSignInFrom('web UI', 'opencode-antigravity-auth', method, '–¹'),
    tag: everyDayInFirefox,
  }, async ({ shared }) => {
    const { world, browser } = shared;
    const server = await world.addServer('opencode.example.com', withPlugin('opencode-antigravity-auth', method));
    const opencode = await openOpencode(browser, server);
    await haveServer(browser, server.url);
    await chooseMethod(opencode, 'google', labels['opencode-antigravity-auth'][method]);
    await expect.poll(() => server.opencode.log()).toMatch(/Antigravity OAuth \(Account 1\)[\s\S]*Project ID/);
    await opencode.waitForText('[role=dialog]', /Authorization in progress/);
    expect(callsFor(server, /\/oauth\//)).toEqual([]);
  });
}

const codeField = { xpath: '//*[@role="dialog"]//form//input[@name="code"]' };

function hasCodeField(opencode: Tab): Promise<boolean> {
  return opencode.evaluate(() => document.querySelector('form input[name=code]') !== null, undefined);
}

/** Chooses a method in the popup, connected or not; answers the provider's tab. */
async function startFromPopup(browser: BrowserDriver, popup: Tab, label: string): Promise<Tab> {
  await popup.click({ role: 'button', name: 'More sign-ins…' });
  return browser.tabOpenedBy(() => popup.click({ xpath: `//button[contains(., "${label}")]` }));
}

async function openWithPlugin(
  { world, browser }: Shared,
  plugin: Plugin,
  method: PluginMethod,
): Promise<{ server: RemoteServer; opencode: Tab }> {
  const server = await world.addServer('opencode.example.com', withPlugin(plugin, method));
  const opencode = await openOpencode(browser, server);
  await haveServer(browser, server.url);
  return { server, opencode };
}

/** Chooses a plugin's method in opencode's web UI, and follows its link; answers the provider's tab. */
async function beginInWebUi(browser: BrowserDriver, opencode: Tab, plugin: Plugin, method: PluginMethod): Promise<Tab> {
  await chooseMethod(opencode, subjects[plugin].id, labels[plugin][method]);
  return followLink(browser, opencode);
}

test('a response that has got the fragment of the authorization request is taken', async ({ shared }) => {
  const { world, browser } = shared;
  const server = await world.addServer('opencode.example.com', withPlugin('opencode-gemini-auth', 'code'));
  await haveServer(browser, server.url);
  // Redirected at once, the URL ends in the request's `#opencode`: a redirect inherits it.
  world.providers.google.remembersUser = true;
  const popup = await openPopup(browser);
  const tab = await startFromPopup(browser, popup, labels['opencode-gemini-auth'].code);
  expect(await waitForPhase(tab, 'completed')).toContain('Signed in to Google on opencode.example.com');
  expect(world.providers.google.exchanges).toEqual(['ok']);
});

test('a method that asks for the whole callback URL gets that, by its place among the methods, with a state of 2,048 characters', async ({
  shared,
}) => {
  const { world, browser } = shared;
  const server = await world.addServer('opencode.example.com', withOwnPlugin());
  await haveServer(browser, server.url);
  const popup = await openPopup(browser);
  const tab = await startFromPopup(browser, popup, 'Paste the URL');
  expect(await targets(browser)).toMatchObject([{ id: 'google', method: 1, takes: 'url' }]);
  await tab.click(allow);
  expect(await waitForPhase(tab, 'completed')).toContain('Signed in to Google on opencode.example.com');
  expect(world.providers.google.exchanges).toEqual(['ok']);
});

test("a code that opencode's web UI asked for and its plugin refused is not tried otherwise: code and URL can be copied, and finish it there", async ({
  shared,
}) => {
  const { world, browser } = shared;
  const server = await world.addServer('opencode.example.com', withOwnPlugin());
  const opencode = await openOpencode(browser, server);
  await haveServer(browser, server.url);
  await chooseMethod(opencode, 'google', 'Paste the URL');
  const tab = await followLink(browser, opencode);
  await expect.poll(() => targets(browser)).toMatchObject([{ id: 'google', method: 1, takes: 'code' }]);
  await tab.click(allow);

  await waitForPhase(tab, 'failed');
  expect(callsFor(server, /oauth\/callback/)).toHaveLength(1);
  expect(world.providers.google.exchanges).toEqual([]);
  // As after a while.
  await browser.suspendBackground();
  await tab.bringToFront();
  const code = await copied(tab, 'Copy code');
  expect(code).toMatch(/^4\/0A_/);
  const url = await copied(tab, 'Copy callback URL');
  expect(new URL(url).searchParams.get('code')).toBe(code);

  await paste(opencode, url);
  expect(await waitForPhase(tab, 'completed')).toContain('Signed in to Google on opencode.example.com');
  expect(world.providers.google.exchanges).toEqual(['ok']);
  await expectNoSecrets({ world, server, browser, tab });
});

for (const why of ['no key closes it', 'it is in a tab that another of the server was used after'] as const) {
  test(`a dialog that still asks for a code after a success is named on the page, which then does not close: ${why}`, {
    tag: everyDayInFirefox,
  }, async ({ shared }) => {
    const { world, browser } = shared;
    const plugin = 'opencode-gemini-auth';
    const { opencode, server } = await openWithPlugin(shared, plugin, 'code');
    // As in a web UI whose dialogs no key closes: told first, for opencode's own listens at the same place.
    if (why === 'no key closes it')
      await opencode.evaluate(() => {
        window.addEventListener('keydown', (event) => event.stopImmediatePropagation(), true);
      }, undefined);
    const tab = await beginInWebUi(browser, opencode, plugin, 'code');
    await opencode.waitFor(codeField);
    if (why !== 'no key closes it') {
      await openOpencode(browser, server);
      await tab.bringToFront();
    }
    await tab.click(allow);
    const said = /Signed in to Google on opencode\.example\.com.*dialog still asks for a code: close it, too/s;
    await tab.waitForText('html[data-phase=completed] [role=status]', said);
    expect(await tab.evaluate(() => document.querySelector('[role=timer]') === null, undefined)).toBe(true);
    expect(await hasCodeField(opencode)).toBe(true);
    expect(world.providers.google.exchanges).toEqual(['ok']);
  });
}

for (const way of ['sent again', 'pasted into its dialog']) {
  test(`a code that came while the server was down is not lost: ${way}, it is exchanged when the server is back`, {
    tag: everyDayInFirefox,
  }, async ({ shared }) => {
    const { world, browser } = shared;
    const plugin = 'opencode-gemini-auth';
    const { server, opencode } = await openWithPlugin(shared, plugin, 'code');
    const tab = await beginInWebUi(browser, opencode, plugin, 'code');
    await server.goDown();
    await tab.click(allow);
    expect(await waitForPhase(tab, 'failed')).toContain('opencode.example.com cannot be reached');
    if (way === 'sent again') await server.comeBack();
    else await pasteCode();
    await tab.bringToFront();
    await tab.click({ role: 'button', name: 'Try again' });
    expect(await waitForPhase(tab, 'completed')).toContain('Signed in to Google on opencode.example.com');
    expect(world.providers.google.exchanges).toEqual(['ok']);
    await expectNoSecrets({ world, server, browser, tab });

    async function pasteCode(): Promise<void> {
      const code = await copied(tab, 'Copy code');
      const url = await copied(tab, 'Copy callback URL');
      expect(new URL(url).searchParams.get('code')).toBe(code);
      // From the copying on the code is not sent from here: the page has asked how it ended, and did not get through.
      const steps = /In your hands: take it to opencode\.example\.com.*opencode has not said how it ended/s;
      await tab.waitForText('html[data-phase=failed] .steps', steps);
      await server.comeBack();
      await paste(opencode, code);
      await waitUntilConnected(opencode, 'Google');
    }
  });
}

/** Gives opencode's dialog what it asks for. */
async function paste(opencode: Tab, text: string): Promise<void> {
  await opencode.bringToFront();
  await opencode.fill(codeField, text);
  await opencode.click({ xpath: '//*[@role="dialog"]//form//button[@type="submit"]' });
}

/** What the sign-ins that the extension has are for. */
function targets(browser: BrowserDriver): Promise<unknown[]> {
  return browser.background(async ({ storage }) =>
    Object.entries(await storage.session.get())
      .filter(([key]) => key.startsWith('sign-in:'))
      .map(([, signIn]) => (signIn as { target: unknown }).target),
  );
}

/** What a button of the page puts on the clipboard, which no driver reads. */
async function copied(tab: Tab, button: string): Promise<string> {
  await tab.evaluate(() => {
    navigator.clipboard.writeText = async (text) => {
      document.body.dataset.copied = text;
    };
  }, undefined);
  await tab.click({ role: 'button', name: button });
  await tab.waitForText('body[data-copied]', /./);
  return tab.evaluate(() => {
    const { copied: text = '' } = document.body.dataset;
    delete document.body.dataset.copied;
    return text;
  }, undefined);
}
