/** The providers of opencode, besides ChatGPT, whose sign-ins come back to a loopback address; and an MCP server. */
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import { expect } from '../fixtures.ts';
import { mcpUrl } from '../world/providers/mcp.ts';
import type { Providers } from '../world/providers/providers.ts';
import { snowflakeAccount } from '../world/providers/snowflake.ts';
import type { RemoteServer, World } from '../world/world.ts';

export interface SignIn {
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

export const signIns: SignIn[] = [
  {
    provider: 'gitlab',
    id: 'gitlab',
    label: 'GitLab Duo',
    option: 'GitLab Duo GitLab OAuth',
    inputs: { 'GitLab instance URL': 'https://gitlab.com' },
  },
  { provider: 'poe', id: 'poe', label: 'Poe', option: 'Poe Login with Poe (browser)', inputs: {} },
  {
    provider: 'snowflake',
    id: 'snowflake-cortex',
    label: 'Snowflake Cortex',
    option: 'Snowflake Cortex Login with Snowflake (External Browser)',
    inputs: { 'Snowflake Account Identifier': snowflakeAccount, 'Snowflake Role (optional)': 'PUBLIC' },
  },
  {
    provider: 'digitalocean',
    id: 'digitalocean',
    label: 'DigitalOcean',
    option: 'DigitalOcean Login with DigitalOcean',
    inputs: {},
  },
];

export const mcp: SignIn = { provider: 'mcp', label: 'demo', option: 'demo MCP server', inputs: {} };

/** Chooses a sign-in in the popup; answers the provider's tab. */
export async function startFromPopup(browser: BrowserDriver, popup: Tab, { option, inputs }: SignIn): Promise<Tab> {
  await popup.click({ role: 'button', name: 'More sign-ins…' });
  const choose = () => popup.click({ role: 'button', name: option });
  if (Object.keys(inputs).length === 0) return browser.tabOpenedBy(choose);
  await choose();
  for (const [name, text] of Object.entries(inputs)) await popup.fill({ role: 'textbox', name }, text);
  return browser.tabOpenedBy(() => popup.click({ role: 'button', name: 'Continue' }));
}

/** The provider was asked for a token once, and opencode has stored it. */
export async function expectSignedIn(world: World, server: RemoteServer, { provider, id }: SignIn): Promise<void> {
  expect(world.providers[provider].exchanges).toEqual(['ok']);
  if (id) expect(Object.keys(server.opencode.storedCredentials())).toEqual([id]);
  else expect(await mcpServers(server)).toEqual({ demo: { status: 'connected' } });
}

/**
 * The MCP servers that opencode lists, and how they stand; without the entry that the extension has served itself with, which
 * leads nowhere, is disabled, and is gone with the next restart of the project.
 */
export async function mcpServers(server: RemoteServer): Promise<Record<string, unknown>> {
  let others: Record<string, unknown> = {};
  const readOwn = async () => {
    const { 'callback-courier': own = { status: 'disabled' }, ...rest } = await (
      await server.opencode.fetch('/mcp')
    ).json();
    others = rest;
    return own;
  };
  // It is forgotten at the end, which the page does not wait for.
  await expect.poll(readOwn).toEqual({ status: 'disabled' });
  return others;
}

/** The providers whose login opencode has taken up. */
export async function usedProviders(server: RemoteServer): Promise<string[]> {
  const answer = await (await server.opencode.fetch('/config/providers')).json();
  return (answer as { providers: { id: string }[] }).providers.map(({ id }) => id);
}

/** Tells opencode of the MCP server, by one name or several, and waits until it knows that it has to log in there. */
export async function configureMcp(server: RemoteServer, names = ['demo'], oauth?: object): Promise<void> {
  const all = (entry: object) => Object.fromEntries(names.map((name) => [name, entry]));
  await server.opencode.fetch('/global/config', {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ mcp: all({ type: 'remote', url: mcpUrl, ...(oauth ? { oauth } : {}) }) }),
  });
  await expect.poll(async () => (await server.opencode.fetch('/mcp')).json()).toEqual(all({ status: 'needs_auth' }));
}

/** The requests that came to a server through its proxy. */
export function callsFor(server: RemoteServer, pattern: RegExp): string[] {
  return server.reverseProxy.accessLog.filter((line) => pattern.test(line));
}
