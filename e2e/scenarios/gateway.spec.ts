/**
 * A gateway in front of a server (oauth2-proxy, Cloudflare, an nginx with limits) that answers in opencode's place where the
 * outcome is told. It speaks JSON and HTTP statuses too, and knows nothing of the sign-in: only the login that is there, or
 * opencode's own word once the gateway lets it through, says how it ended.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Tab } from '../drivers/driver.ts';
import { everyDayInFirefox } from '../everyDay.ts';
import { expect, type Shared, test } from '../fixtures.ts';
import { allow, authorizeOn, followLinkTo } from '../pages/authorize.ts';
import { captureRules, haveServer, waitForEnd } from '../pages/extension.ts';
import { gitlab, startFromPage } from '../pages/webUiRequests.ts';
import type { RemoteServer } from '../world/world.ts';

const json = { 'content-type': 'application/json' };

/** What a gateway may answer; with the end that would be wrongly taken from it. */
const answers: { name: string; looksLike: 'success' | 'failure'; write(response: ServerResponse): void }[] = [
  {
    name: '401 with JSON',
    looksLike: 'failure',
    write: (response) => response.writeHead(401, json).end('{"error":"unauthorized"}'),
  },
  {
    name: '403 with JSON',
    looksLike: 'failure',
    write: (response) => response.writeHead(403, json).end('{"name":"Forbidden","data":{}}'),
  },
  {
    name: '429 with JSON',
    looksLike: 'failure',
    write: (response) => response.writeHead(429, json).end('{"name":"TooManyRequests","data":{}}'),
  },
  {
    name: '524 with JSON',
    looksLike: 'failure',
    write: (response) => response.writeHead(524, json).end('{"name":"Timeout","data":{}}'),
  },
  { name: '204', looksLike: 'success', write: (response) => response.writeHead(204).end() },
  {
    name: '200 with a page',
    looksLike: 'success',
    write: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome back</h1>'),
  },
];

/** An answer of each kind is tried in both browsers with every change. */
const bothBrowsers = ['401 with JSON', '204'];

/** How the outcome comes to the extension. */
const ways = {
  'the outcome that the extension asks for': {
    path: '/provider/openai/oauth/callback',
    signedIn: 'Signed in to ChatGPT on opencode.example.com',
    provider: ({ world }: Shared) => world.providers.chatgpt,
    start: async ({ browser }: Shared, server: RemoteServer, page: Tab) =>
      followLinkTo(browser, page, await authorizeOn(server)),
  },
  "the outcome that opencode's web UI asks for": {
    path: '/provider/gitlab/oauth/callback',
    signedIn: 'Signed in to GitLab Duo on opencode.example.com',
    provider: ({ world }: Shared) => world.providers.gitlab,
    start: ({ browser }: Shared, _: RemoteServer, page: Tab) => startFromPage(browser, page, gitlab),
  },
};
type Way = (typeof ways)[keyof typeof ways];

for (const [what, way] of Object.entries(ways)) {
  for (const { name, looksLike, write } of answers) {
    const isThere = looksLike === 'failure';
    const end = isThere ? 'while the login is there, is no refusal' : 'while no login is there, is no success';
    const tag = bothBrowsers.includes(name) ? [] : everyDayInFirefox;
    test(`${name} in place of ${what}, ${end}`, { tag }, async ({ shared }) => {
      const provider = way.provider(shared);
      const exchanges = provider.exchanges.length;
      provider.refuseExchanges = !isThere;
      const { tab } = await begin(shared, way, async (server, request, response) => {
        // opencode is asked and does its work; only what it says is lost.
        await askOpencode(server, way, await text(request));
        write(response);
      });
      await logIn(tab);

      const saw = isThere ? way.signedIn : 'did not say whether the sign-in worked';
      expect(await waitForEnd(tab)).toContain(saw);
      expect(provider.exchanges.slice(exchanges)).toEqual([isThere ? 'ok' : 'invalid_grant']);
    });
  }

  test(`${what} stays open while a gateway keeps opencode from being asked, until the login is there`, async ({
    shared,
  }) => {
    const { server, tab } = await begin(shared, way, (_, __, response) => {
      response.writeHead(429, json).end('{"name":"TooManyRequests","data":{}}');
    });
    await logIn(tab);
    expect(await waitForEnd(tab)).toContain('did not say whether the sign-in worked');
    expect(server.opencode.storedCredentials()).toEqual({});

    server.reverseProxy.intercept = undefined;
    expect(await (await askOpencode(server, way, '{"method":0}')).json()).toBe(true);
    // The page marks its next phase only: what is waited for next cannot be the failure that is there now.
    await tab.evaluate(() => document.documentElement.removeAttribute('data-phase'), undefined);
    await tab.click({ role: 'button', name: 'Try again' });
    expect(await waitForEnd(tab)).toContain(way.signedIn);
  });
}

type Gateway = (server: RemoteServer, request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** A sign-in up to the provider's page, on a server whose gateway deals with all that asks for its outcome. */
async function begin(shared: Shared, way: Way, gateway: Gateway): Promise<{ server: RemoteServer; tab: Tab }> {
  const { world, browser } = shared;
  const server = await world.addServer('opencode.example.com');
  server.reverseProxy.intercept = (request, response) => {
    if (request.url !== way.path) return false;
    void gateway(server, request, response);
    return true;
  };
  await haveServer(browser, server.url);
  const page = await browser.newTab(`${server.url}/global/health`);
  const tab = await way.start(shared, server, page);
  await expect.poll(() => captureRules(browser)).toBeGreaterThan(0);
  return { server, tab };
}

function askOpencode({ opencode }: RemoteServer, { path }: Way, body: string): Promise<Response> {
  return opencode.fetch(path, { method: 'POST', headers: json, body });
}

async function logIn(tab: Tab): Promise<void> {
  await tab.bringToFront();
  await tab.click(allow);
}
