/** How most scenarios begin. */
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import type { RemoteServer, ServerOptions, World } from '../world/world.ts';
import { haveServer } from './extension.ts';
import { connectChatGpt, followLink, openOpencode } from './opencode.ts';

export interface BegunSignIn {
  server: RemoteServer;
  /** opencode's web UI, whose dialog waits. */
  opencode: Tab;
  /** The provider's page. */
  tab: Tab;
}

/** A ChatGPT sign-in on opencode.example.com, which the extension knows, up to the provider's page. */
export async function beginSignIn(
  world: World,
  browser: BrowserDriver,
  options: ServerOptions = {},
): Promise<BegunSignIn> {
  const server = await world.addServer('opencode.example.com', options);
  const opencode = await openOpencode(browser, server);
  await haveServer(browser, server.url);
  return { server, opencode, tab: await startSignIn(browser, opencode) };
}

/** Starts a ChatGPT sign-in in opencode's web UI. @returns the provider's page */
export async function startSignIn(browser: BrowserDriver, opencode: Tab): Promise<Tab> {
  await connectChatGpt(opencode);
  return followLink(browser, opencode);
}
