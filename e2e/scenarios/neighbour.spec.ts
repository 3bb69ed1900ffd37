/**
 * A neighbour that is not to be trusted: a server at another path of the same origin, and a page of one server that calls
 * what tells the outcome on another.
 */
import type { ServerResponse } from 'node:http';
import type { Tab } from '../drivers/driver.ts';
import { expect, type Shared, test } from '../fixtures.ts';
import { allow, authorizeOn, followLinkHere, followLinkTo } from '../pages/authorize.ts';
import { captureRules, haveServer, waitForEnd, waitForPhase } from '../pages/extension.ts';
import { gitlab, snowflake, startFromPage } from '../pages/webUiRequests.ts';
import { namespaceRun } from '../world/namespaces.ts';
import type { RemoteServer } from '../world/world.ts';

const starts: { added: Base[]; below: Base; isTheirs: boolean }[] = [
  { added: ['/a'], below: '/a', isTheirs: true },
  { added: ['/a'], below: '/b', isTheirs: false },
  { added: ['/a', '/b'], below: '/a', isTheirs: true },
  { added: ['/a', '/b'], below: '/b', isTheirs: true },
];

/** What the page says first of a response that nobody listened for, and of one that is on its way to a server. */
const leftOrSent = /nothing here is waiting for it|opencode\.example\.com/;

for (const { added, below, isTheirs } of starts) {
  for (const where of ['a new tab', 'the same tab'] as const) {
    const end = isTheirs ? 'goes there' : 'is left alone';
    test(`a sign-in that starts at ${below} in ${where} ${end} when ${added.join(' and ')} of that origin are added`, async ({
      shared,
    }) => {
      test.skip(!namespaceRun, 'without namespaces the servers share their listeners');
      const { world, browser } = shared;
      const exchanges = world.providers.chatgpt.exchanges.length;
      const neighbours = await neighboursAt(shared);
      for (const base of added) await haveServer(browser, neighbours.origin + base);
      const page = await browser.newTab(`${neighbours.origin}${below}/global/health`);
      const follow = where === 'a new tab' ? followLinkTo : followLinkHere;
      const tab = await follow(browser, page, await authorizeOn(neighbours.servers[below]));
      await tab.click(allow);

      if (isTheirs) expect(await waitForPhase(tab, 'completed')).toContain(`on opencode.example.com${below}`);
      else expect(await tab.waitForText('[role=status] h1', leftOrSent)).toContain('nothing here is waiting for it');
      expect(world.providers.chatgpt.exchanges.slice(exchanges)).toEqual(isTheirs ? ['ok'] : []);
      for (const base of ['/a', '/b'] as const) {
        const isSignedIn = isTheirs && base === below;
        expect(Object.keys(neighbours.servers[base].opencode.storedCredentials())).toEqual(
          isSignedIn ? ['openai'] : [],
        );
        if (!isSignedIn) expect(neighbours.posts[base]).toEqual([]);
      }
    });
  }
}

type Base = '/a' | '/b';

interface Neighbours {
  origin: string;
  servers: Record<Base, RemoteServer>;
  /** What was posted to each, but for the sign-ins themselves: the test starts them without the proxy. */
  posts: Record<Base, string[]>;
}

/** Two opencode servers at two base paths of one origin, behind a proxy that strips the base path as nginx does. */
async function neighboursAt({ world }: Shared): Promise<Neighbours> {
  const servers = {
    '/a': await world.addServer('opencode.example.com'),
    '/b': await world.addServer('team.example.com'),
  };
  const posts: Neighbours['posts'] = { '/a': [], '/b': [] };
  const { url: origin, reverseProxy } = servers['/a'];
  reverseProxy.intercept = (request, response) => {
    const base = (['/a', '/b'] as const).find((path) => request.url?.startsWith(`${path}/`));
    if (!base) return false;
    request.url = request.url?.slice(base.length) ?? '/';
    if (request.method === 'POST') posts[base].push(request.url);
    void servers[base].reverseProxy.pass(request, response);
    return true;
  };
  return { origin, servers, posts };
}

/**
 * Requests that reach the path by which opencode's web UI learns how a sign-in ended, while that web UI waits there for a
 * sign-in to GitLab, whose outcome can be overheard only. What opencode answers to them was measured with 1.18.33: the web
 * UI's HTML with status 200 to a GET, 415 to a POST that a page of another site may send.
 */
const calls: { name: string; from: 'the other server' | 'itself'; says: 'success' | 'failure'; call: Call }[] = [
  {
    name: "a GET from another server's page",
    from: 'the other server',
    says: 'success',
    call: async (url) => void (await fetch(url, { mode: 'no-cors', credentials: 'include' }).catch(() => {})),
  },
  {
    name: "a POST from another server's page",
    from: 'the other server',
    says: 'failure',
    call: async (url) => {
      await fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{"method":0}' }).catch(
        () => {},
      );
    },
  },
  {
    name: "a GET from a frame in another server's page",
    from: 'the other server',
    says: 'success',
    call: (url) =>
      new Promise<void>((resolve) => {
        const frame = document.createElement('iframe');
        frame.srcdoc = `<script>fetch(${JSON.stringify(url)}, { mode: 'no-cors' }).finally(() => parent.postMessage(0, '*'))</script>`;
        window.addEventListener('message', () => resolve(), { once: true });
        document.body.append(frame);
      }),
  },
  {
    name: "a frame in another server's page that shows it",
    from: 'the other server',
    says: 'success',
    call: (url) =>
      new Promise<void>((resolve) => {
        const frame = Object.assign(document.createElement('iframe'), { src: url, onload: () => resolve() });
        document.body.append(frame);
      }),
  },
  {
    name: 'a GET from a page of its own',
    from: 'itself',
    says: 'success',
    call: async (url) => void (await fetch(url)),
  },
  {
    name: 'a GET from a frame in a page of its own',
    from: 'itself',
    says: 'success',
    call: (url) =>
      new Promise<void>((resolve) => {
        const frame = Object.assign(document.createElement('iframe'), { src: '/global/health' });
        frame.onload = () => void frame.contentWindow?.fetch(url).finally(resolve);
        document.body.append(frame);
      }),
  },
];

/** Runs in the page. */
type Call = (url: string) => Promise<void>;

for (const { name, from, says, call } of calls) {
  test(`${name} at the path that tells the outcome is not taken for the outcome`, async ({ shared }) => {
    const { browser, world } = shared;
    const { team, other, page } = await openTeam(shared);
    const { gitlab: provider } = world.providers;
    const exchanges = provider.exchanges.length;
    // The contrary of what the call says.
    provider.refuseExchanges = says === 'success';
    const tab = await startFromPage(browser, page, gitlab);
    await expect.poll(() => captureRules(browser)).toBeGreaterThan(0);
    const caller = await browser.newTab(`${(from === 'itself' ? team : other).url}${ownPage}`);
    const logged = team.reverseProxy.accessLog.length;
    await caller.evaluate(call, `${team.url}/provider/gitlab/oauth/callback`);
    const answered = says === 'success' ? /oauth\/callback 200$/ : /oauth\/callback 415$/;
    await expect.poll(() => team.reverseProxy.accessLog.slice(logged).some((line) => answered.test(line))).toBe(true);
    await tab.bringToFront();
    await tab.click(allow);

    const end = await waitForEnd(tab);
    if (says === 'success') expect(end).toContain('refused at the last step');
    else expect(end).toContain('Signed in to GitLab Duo on team.example.com');
    expect(provider.exchanges.slice(exchanges)).toEqual([says === 'success' ? 'invalid_grant' : 'ok']);
    await page.waitForText(`body[data-answer^="${says === 'success' ? 400 : 200}"]`, /.?/);
  });
}

test('the answer to an older request of the web UI is not taken for the outcome of a newer sign-in', async ({
  shared,
}) => {
  const { browser, world } = shared;
  const { team, page } = await openTeam(shared);
  const { snowflake: provider } = world.providers;
  const exchanges = provider.exchanges.length;
  const { promise: olderRequest, resolve } = Promise.withResolvers<ServerResponse>();
  team.reverseProxy.intercept = (request, response) => {
    if (!request.url?.endsWith('/oauth/callback')) return false;
    team.reverseProxy.intercept = undefined;
    resolve(response);
    return true;
  };
  const olderTab = await startFromPage(browser, page, snowflake);
  const older = await olderRequest;
  await olderTab.close();
  const tab = await startFromPage(browser, page, snowflake);
  await expect.poll(() => captureRules(browser)).toBeGreaterThan(0);
  // As opencode answers after a code that was refused (1.18.33).
  older.writeHead(400, { 'content-type': 'application/json' });
  older.end('{"name":"ProviderAuthOauthCallbackFailed","data":{}}');
  await page.waitForText('body[data-answer^="400"]', /.?/);
  await tab.bringToFront();
  await tab.click(allow);

  expect(await waitForEnd(tab)).toContain('Signed in to Snowflake Cortex on team.example.com');
  expect(provider.exchanges.slice(exchanges)).toEqual(['ok']);
});

/** An HTML page below each of the servers, for what is to be done from one. */
const ownPage = '/page-of-its-own';

/** Two servers that the user added, and a page of the one on which a sign-in is about to start. */
async function openTeam({ browser, world }: Shared): Promise<{ team: RemoteServer; other: RemoteServer; page: Tab }> {
  const [team, other] = [await world.addServer('team.example.com'), await world.addServer('opencode.example.com')];
  for (const { url, reverseProxy } of [team, other]) {
    reverseProxy.intercept = (request, response) => {
      if (request.url !== ownPage) return false;
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>A page</title><body>');
      return true;
    };
    await haveServer(browser, url);
  }
  return { team, other, page: await browser.newTab(`${team.url}/global/health`) };
}
