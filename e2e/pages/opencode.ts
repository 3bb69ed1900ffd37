/** opencode's own web UI, release 1.18.33, as a user works with it. */
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import type { RemoteServer } from '../world/world.ts';
import { allow } from './authorize.ts';

/** Opens the web UI in a new tab; on a server with a password, as somebody who gives it to the browser. */
export async function openOpencode(browser: BrowserDriver, server: RemoteServer): Promise<Tab> {
  const tab = await browser.newTab();
  await signInToOpencode(tab, server);
  return tab;
}

/** The same in a tab that is there. */
export async function signInToOpencode(tab: Tab, server: RemoteServer): Promise<void> {
  if (server.password) {
    await tab.goto(`${server.url.replace('https://', `https://opencode:${server.password}@`)}/global/health`);
  }
  await tab.goto(server.url);
  await tab.waitFor({ role: 'button', name: 'Settings' });
}

export async function openProviders(tab: Tab): Promise<void> {
  await tab.bringToFront();
  await tab.click({ role: 'button', name: 'Settings' });
  await tab.click({ role: 'tab', name: 'Providers' });
}

/** Settings → Providers → OpenAI → Connect → ChatGPT Pro/Plus (Browser): until the dialog waits. */
export async function connectChatGpt(tab: Tab): Promise<void> {
  await openProviders(tab);
  await tab.click({
    xpath: '//span[normalize-space()="OpenAI"]/ancestor::*[.//button][1]//button[normalize-space()="Connect"]',
  });
  await tab.click({ xpath: '//button[contains(., "ChatGPT") and contains(translate(., "B", "b"), "browser")]' });
  await tab.waitForText('body', /Waiting for authorization/);
}

/** Follows the dialog's link; answers the provider's tab. */
export async function followLink(browser: BrowserDriver, tab: Tab): Promise<Tab> {
  const provider = await browser.tabOpenedBy(() => tab.click({ role: 'link', name: 'this link' }));
  await provider.waitFor(allow);
  return provider;
}

/** The link of opencode's dialog, as somebody copies it. */
export function copyLink(tab: Tab): Promise<string> {
  return tab.evaluate(
    () => document.querySelector<HTMLAnchorElement>('a[href*="/oauth/authorize"]')?.href ?? '',
    undefined,
  );
}

/** The dialog is gone and opencode says that the provider is connected. */
export async function waitUntilConnected(tab: Tab, provider = 'OpenAI'): Promise<void> {
  await tab.waitForText('body', new RegExp(`${provider} connected`));
}

export async function isStillWaiting(tab: Tab): Promise<boolean> {
  return tab.evaluate(() => document.body.innerText.includes('Waiting for authorization'), undefined);
}

/**
 * Settings → Providers → Show more providers → one of them → its login in the browser (or, where there is no other way of
 * signing in, what its first question is answered with), each prompt answered in its turn: until the dialog waits.
 */
export async function connectProvider(tab: Tab, id: string, choice: string, answers: string[] = []): Promise<void> {
  await chooseMethod(tab, id, choice);
  for (const answer of answers) {
    await tab.fill({ xpath: '//*[@role="dialog"]//form//input' }, answer);
    await tab.click({ xpath: '//*[@role="dialog"]//form//button[@type="submit"]' });
  }
  await tab.waitForText('body', /Waiting for authorization/);
}

/** The same, as far as the choice of a login. */
export async function chooseMethod(tab: Tab, id: string, choice: string): Promise<void> {
  await openProviders(tab);
  await tab.click({ xpath: '//button[contains(., "Show more providers")]' });
  await tab.click({ xpath: `//*[@data-provider-id="${id}"]` });
  await tab.click({ xpath: `//*[@role="dialog"]//button[contains(., "${choice}")]` });
}

/**
 * Opens a session in a new tab, as somebody who goes on with earlier work in a project. A session that is not there yet (`New
 * session`) has no `/mcp`.
 * @param directory the project's
 */
export async function openSession(browser: BrowserDriver, server: RemoteServer, directory: string): Promise<Tab> {
  const path = `/session?directory=${encodeURIComponent(directory)}`;
  const headers = { 'content-type': 'application/json' };
  const answer = await server.opencode.fetch(path, { method: 'POST', headers, body: '{}' });
  const { id } = (await answer.json()) as { id: string };
  return browser.newTab(`${server.url}/${Buffer.from(directory).toString('base64url')}/session/${id}`);
}

/** Types `/mcp` into the prompt of a session: until the dialog is there. */
export async function openMcpServers(tab: Tab): Promise<void> {
  await tab.bringToFront();
  await tab.click({ xpath: '//*[@contenteditable="true"]' });
  await tab.type('/mcp');
  await tab.click({ xpath: '//button[contains(., "Toggle MCPs")]' });
  await tab.waitForText('[role=dialog] h2', /MCPs/);
}

/** Clicks on an MCP server in that dialog, which needs a login; answers the provider's tab. */
export async function logInToMcpServer(browser: BrowserDriver, tab: Tab, name: string): Promise<Tab> {
  await tab.waitForText(mcpServerIn(name), /needs auth/);
  const provider = await browser.tabOpenedBy(() => tab.click({ xpath: `//*[@role="dialog"]//*[@data-key="${name}"]` }));
  await provider.waitFor(allow);
  return provider;
}

/** That dialog shows the MCP server as connected. */
export async function waitUntilMcpServerIsConnected(tab: Tab, name: string): Promise<void> {
  await tab.waitForText(mcpServerIn(name), /connected/);
}

function mcpServerIn(name: string): string {
  return `[role=dialog] [data-key="${name}"]`;
}
