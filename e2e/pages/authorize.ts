/** Sign-ins without opencode's web UI, which takes longer: its own API starts them, and a link on a page is followed. */
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import type { RemoteServer } from '../world/world.ts';

/** What a stand-in provider's page has its user press, who then leaves with a response. */
export const allow = { role: 'button', name: 'Continue' } as const;

/** Starts a sign-in on a server, to ChatGPT unless another provider is named; answers the URL there. */
export async function authorizeOn(server: RemoteServer, provider = 'openai'): Promise<string> {
  const answer = await server.opencode.fetch(`/provider/${provider}/oauth/authorize`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"method":0}',
  });
  const { url } = (await answer.json()) as { url: string };
  return url;
}

/** Follows a link from a page, as opencode's dialog has one; answers the tab that it opens. */
export async function followLinkTo(browser: BrowserDriver, from: Tab, url: string): Promise<Tab> {
  await from.bringToFront();
  return browser.tabOpenedBy(() => from.evaluate(clickLink, { url, target: '_blank' }));
}

/** The same in the page's own tab. */
export async function followLinkHere(_: BrowserDriver, from: Tab, url: string): Promise<Tab> {
  await from.bringToFront();
  await from.evaluate(clickLink, { url, target: '_self' });
  await from.waitFor(allow);
  return from;
}

/** Runs in the page. */
function clickLink({ url, target }: { url: string; target: string }): void {
  const link = Object.assign(document.createElement('a'), { href: url, target, rel: 'noreferrer' });
  document.body.append(link);
  link.click();
}
