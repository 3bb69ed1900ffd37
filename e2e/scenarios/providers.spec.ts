/** Every other sign-in of opencode that comes back to a loopback address, started from the popup and from opencode's web UI. */
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import { expectNoSecrets } from '../expectNoSecrets.ts';
import { expect, test } from '../fixtures.ts';
import { addServer, haveServer, openPopup, waitForPhase } from '../pages/extension.ts';
import { connectProvider, followLink, openOpencode, waitUntilConnected } from '../pages/opencode.ts';
import { mcpUrl } from '../world/providers/mcp.ts';
import type { Providers } from '../world/providers/providers.ts';
import { snowflakeAccount } from '../world/providers/snowflake.ts';
import type { RemoteServer, World } from '../world/world.ts';

const allow = { role: 'button', name: 'Continue' } as const;

interface SignIn {
  provider: keyof Providers;
  /** opencode's id of it; none for the MCP server. */
  id?: string;
  /** What people call it. */
  label: string;
  /** The popup's button for it. */
  option: string;
  /** What is typed, by the prompt's words. */
  inputs: Record<string, string>;
}

const signIns: SignIn[] = [
  {
    provider: 'gitlab',
    id: 'gitlab',
    label: 'GitLab Duo',
    option: 'GitLab Duo: GitLab OAuth',
    inputs: { 'GitLab instance URL': 'https://gitlab.com' },
  },
  { provider: 'poe', id: 'poe', label: 'Poe', option: 'Poe: Login with Poe (browser)', inputs: {} },
  {
    provider: 'snowflake',
    id: 'snowflake-cortex',
    label: 'Snowflake Cortex',
    option: 'Snowflake Cortex: Login with Snowflake (External Browser)',
    inputs: { 'Snowflake Account Identifier': snowflakeAccount, 'Snowflake Role (optional)': 'PUBLIC' },
  },
  {
    provider: 'digitalocean',
    id: 'digitalocean',
    label: 'DigitalOcean',
    option: 'DigitalOcean: Login with DigitalOcean',
    inputs: {},
  },
  { provider: 'mcp', label: 'demo', option: 'demo', inputs: {} },
];

for (const signIn of signIns) {
  test(`a sign-in to ${signIn.label} that is started from the popup completes`, async ({
    world,
    browserWithExtension: browser,
  }) => {
    const server = await world.addServer('opencode.example.com');
    if (!signIn.id) await configureMcp(server);
    const popup = await openPopup(browser);
    await addServer(popup, server.url);
    const tab = await startFromPopup(browser, popup, signIn);
    await tab.click(allow);

    expect(await waitForPhase(tab, 'completed')).toContain(`Signed in to ${signIn.label} on opencode.example.com`);
    await expectSignedIn(world, server, signIn);
    await expectNoSecrets({ world, server, browser, tab });
  });
}

for (const signIn of signIns.filter(({ id }) => id)) {
  test(`a sign-in to ${signIn.label} that is started in opencode's web UI completes there`, async ({
    world,
    browserWithExtension: browser,
  }) => {
    const server = await world.addServer('opencode.example.com');
    const opencode = await openOpencode(browser, server);
    await haveServer(browser, server.url);
    const tab = await startInWebUi(browser, opencode, signIn);
    await tab.click(allow);

    expect(await waitForPhase(tab, 'completed')).toContain(`Signed in to ${signIn.label} on opencode.example.com`);
    await waitUntilConnected(opencode, signIn.label);
    await expectSignedIn(world, server, signIn);
    expect(callsFor(server, /^POST \/provider\/.*\/oauth\/callback/)).toHaveLength(1);
    await expectNoSecrets({ world, server, browser, tab });
  });
}

/** Answers the provider's tab. */
async function startInWebUi(browser: BrowserDriver, opencode: Tab, { id = '', option, inputs }: SignIn): Promise<Tab> {
  await connectProvider(opencode, id, option.split(': ')[1] ?? '', Object.values(inputs));
  return followLink(browser, opencode);
}

function callsFor(server: RemoteServer, pattern: RegExp): string[] {
  return server.reverseProxy.accessLog.filter((line) => pattern.test(line));
}

/** Chooses a sign-in in the popup; answers the provider's tab. */
async function startFromPopup(browser: BrowserDriver, popup: Tab, { option, inputs }: SignIn): Promise<Tab> {
  await popup.click({ role: 'button', name: 'Sign in to…' });
  const choose = () => popup.click({ role: 'button', name: option });
  if (Object.keys(inputs).length === 0) return browser.tabOpenedBy(choose);
  await choose();
  for (const [name, text] of Object.entries(inputs)) await popup.fill({ role: 'textbox', name }, text);
  return browser.tabOpenedBy(() => popup.click({ role: 'button', name: 'Continue' }));
}

/** The provider was asked for a token once, and opencode has stored it. */
async function expectSignedIn(world: World, server: RemoteServer, { provider, id }: SignIn): Promise<void> {
  expect(world.providers[provider].exchanges).toEqual(['ok']);
  if (id) expect(Object.keys(server.opencode.storedCredentials())).toEqual([id]);
  else expect(await (await server.opencode.fetch('/mcp')).json()).toEqual({ demo: { status: 'connected' } });
}

/** Tells opencode of the MCP server, and waits until it knows that it has to log in there. */
async function configureMcp(server: RemoteServer): Promise<void> {
  await server.opencode.fetch('/global/config', {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ mcp: { demo: { type: 'remote', url: mcpUrl } } }),
  });
  await expect
    .poll(async () => (await server.opencode.fetch('/mcp')).json())
    .toEqual({ demo: { status: 'needs_auth' } });
}
