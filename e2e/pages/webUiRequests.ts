/**
 * Sign-ins as opencode's web UI starts them, from a bare page of the server: the same requests, compared with those of
 * 1.18.33's web UI (`authorize` with the method and its answers, a link, the callback endpoint held until the sign-in has
 * ended), without the seconds that its dialogs take. The web UI itself is in providers.spec.
 */
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import { snowflakeAccount } from '../world/providers/snowflake.ts';
import { allow } from './authorize.ts';

export interface WebUiSignIn {
  /** opencode's id of the provider. */
  id: string;
  /** What its prompts are answered with. */
  inputs?: Record<string, string>;
}

export const gitlab: WebUiSignIn = { id: 'gitlab', inputs: { instanceUrl: 'https://gitlab.com' } };
export const snowflake: WebUiSignIn = { id: 'snowflake-cortex', inputs: { account: snowflakeAccount } };

/**
 * Starts a sign-in from a page of the server and follows its link. What the callback endpoint answers stands on the page in
 * the end, in `data-answer` of its body.
 * @returns the provider's tab
 */
export async function startFromPage(browser: BrowserDriver, page: Tab, signIn: WebUiSignIn): Promise<Tab> {
  await page.bringToFront();
  const tab = await browser.tabOpenedBy(() =>
    page.evaluate(async ({ id, inputs }) => {
      const post = (path: string, body: object) =>
        fetch(`/provider/${id}/oauth/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
      const { url } = await (await post('authorize', { method: 0, inputs })).json();
      const link = Object.assign(document.createElement('a'), { href: url, target: '_blank', rel: 'noreferrer' });
      document.body.append(link);
      void post('callback', { method: 0 }).then(async (answer) => {
        document.body.dataset.answer = `${answer.status} ${await answer.text()}`;
      });
      link.click();
    }, signIn),
  );
  await tab.waitFor(allow);
  return tab;
}

/**
 * The request that opencode 1.18.33's web UI sends for an MCP server that needs a login, compared with its own (the dialog
 * behind `/mcp`), but for the header with the project's directory; it waits for the answer, and is told no URL. The dialog
 * itself is in providers.spec.
 */
export function askForMcpLogin(page: Tab): Promise<void> {
  return page.evaluate(() => {
    void fetch('/mcp/demo/auth/authenticate', { method: 'POST' }).then(async (answer) => {
      document.body.dataset.answer = await answer.text();
    });
  }, undefined);
}
