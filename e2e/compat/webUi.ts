/** The web UI of any release, as a user works with it. */
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import { allow } from '../pages/authorize.ts';
import { connectChatGpt, followLink } from '../pages/opencode.ts';
import type { RemoteServer, World } from '../world/world.ts';

export interface WebUi {
  tab: Tab;
  /** Starts a ChatGPT sign-in; answers the provider's tab. */
  startSignIn(): Promise<Tab>;
}

/** Opens the web UI of a server in a new tab; on a server with a password, as somebody who gives it to the browser. */
export async function openWebUi(world: World, browser: BrowserDriver, server: RemoteServer): Promise<WebUi> {
  const tab = await browser.newTab();
  if (server.password) {
    await tab.goto(`${server.url.replace('https://', `https://opencode:${server.password}@`)}/global/health`);
  }
  await tab.goto(server.url);
  const isForwarded = world.webUiHost.requests.some(({ path }) => path === '/');
  return isForwarded ? forwardedUi(browser, tab) : ownUi(browser, tab);
}

/** The one that a release from 1.14 on brings along: the dialog's link leads to the provider. */
function ownUi(browser: BrowserDriver, tab: Tab): WebUi {
  return {
    tab,
    async startSignIn() {
      await connectChatGpt(tab);
      return followLink(browser, tab);
    },
  };
}

/** The stand-in's, that a release up to 1.3 shows: its button opens the provider. See e2e/world/web-ui-host.ts. */
function forwardedUi(browser: BrowserDriver, tab: Tab): WebUi {
  return {
    tab,
    async startSignIn() {
      const provider = await browser.tabOpenedBy(() => tab.click({ role: 'button', name: 'Connect OpenAI' }));
      await provider.waitFor(allow);
      return provider;
    },
  };
}
