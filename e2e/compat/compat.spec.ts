/** What must hold with every release of opencode: see docs/compatibility.md, which a run of this writes. */
import { expectNoSecrets } from '../expectNoSecrets.ts';
import { test as base, expect } from '../fixtures.ts';
import { addServer, haveServer, openPopup, waitForPhase } from '../pages/extension.ts';
import { isStillWaiting, waitUntilConnected } from '../pages/opencode.ts';
import { callsFor, mcpServers } from '../pages/providers.ts';
import { askForMcpLogin } from '../pages/webUiRequests.ts';
import { mcpUrl } from '../world/providers/mcp.ts';
import type { ForwardedRequest } from '../world/web-ui-host.ts';
import type { RemoteServer, World } from '../world/world.ts';
import { isUnsafeWithCodes, programOf } from './releases.ts';
import { noteMissing, noteWay, noteWebUi, type Way } from './table.ts';
import { openWebUi } from './webUi.ts';

const allow = { role: 'button', name: 'Continue' } as const;
const deny = { role: 'button', name: 'Cancel' } as const;

/** What a release that has no web UI of its own asks its third party for, to show that web UI to a browser. */
const webUiRequests = ['GET /', 'GET /assets/index.js', 'GET /favicon.ico'];
/** Whom opencode talks to by itself. Only the first two are let through; of the others only the name is known. */
const knownHosts = ['auth.openai.com', 'app.opencode.ai', 'models.dev', 'registry.npmjs.org', 'github.com'];

const UNKNOWN_PATH = '/what-no-release-knows';

const test = base.extend<{ release: string; server: RemoteServer; password: string | undefined }>({
  release: ['', { option: true }],
  password: [undefined, { option: true }],

  /** A server of the release. After the test, the third party knows nothing of it. */
  server: async ({ world, release, password }, use, info) => {
    const server = await world.addServer('opencode.example.com', { binary: programOf(release), password });
    expect(server.opencode.version).toBe(release);
    await use(server);
    const way = wayTaken(server);
    if (way) noteWay(info, way);
    if (isUnsafeWithCodes(release)) expect(callsFor(server, /^POST \/mcp /)).toEqual([]);
    const forwarded = [...world.webUiHost.requests];
    // Whatever is forwarded is recorded: a path that nobody knows is seen there, where a release forwards at all.
    await server.opencode.fetch(UNKNOWN_PATH);
    const forwards = world.webUiHost.requests.some(({ path }) => path === UNKNOWN_PATH);
    noteWebUi(info, forwards ? 'a stand-in' : 'its own');
    expectNothingOfOurs(forwarded, world);
  },
});

for (const release of (process.env.COMPAT_RELEASES ?? '').split(',')) {
  test.describe(release, () => {
    test.use({ release });

    test.describe(() => {
      test.use({ password: 'correct-horse' });

      test('a sign-in from the web UI completes, and its dialog turns to connected', async ({
        world,
        server,
        browserWithExtension: browser,
      }) => {
        const webUi = await openWebUi(world, browser, server);
        await haveServer(browser, server.url);
        const tab = await webUi.startSignIn();
        await tab.click(allow);

        expect(await waitForPhase(tab, 'completed')).toContain('Signed in to ChatGPT on opencode.example.com');
        await waitUntilConnected(webUi.tab);
        expect(world.identityProvider.exchanges).toEqual(['ok']);
        expect(server.opencode.storedCredentials()).toMatchObject({ openai: { type: 'oauth' } });
        await expectNoSecrets({ world, server, browser, tab });
      });
    });

    test('a sign-in from the popup completes', async ({ world, server, browserWithExtension: browser }) => {
      const popup = await openPopup(browser);
      expect(await addServer(popup, server.url)).toContain(`Found opencode ${release} at opencode.example.com`);
      const tab = await browser.tabOpenedBy(() => popup.click({ role: 'button', name: 'Sign in to ChatGPT' }));
      await tab.click(allow);

      await waitForPhase(tab, 'completed');
      expect(world.identityProvider.exchanges).toEqual(['ok']);
      await expectNoSecrets({ world, server, browser, tab });
    });

    test('a user who denies is told so, and the dialog waits no longer', async ({
      world,
      server,
      browserWithExtension: browser,
    }) => {
      const webUi = await openWebUi(world, browser, server);
      await haveServer(browser, server.url);
      const tab = await webUi.startSignIn();
      await tab.click(deny);

      const text = await waitForPhase(tab, 'failed');
      expect(text).toContain('ChatGPT did not allow the sign-in');
      expect(text).toContain('access_denied');
      await webUi.tab.waitForText('body', /Authorization failed/);
      expect(server.opencode.storedCredentials()).toEqual({});
      await expectNoSecrets({ world, server, browser, tab });
    });

    test('a response with a wrong state is not delivered, and the right one still is', async ({
      world,
      server,
      browserWithExtension: browser,
    }) => {
      const webUi = await openWebUi(world, browser, server);
      await haveServer(browser, server.url);
      const tab = await webUi.startSignIn();
      const state = world.identityProvider.states.at(-1) ?? '';
      const wrong = await browser.newTab(`http://localhost:1455/auth/callback?code=ac_wrong&state=${state}x`);
      await wrong.waitForText('[role=status]', /nothing here is waiting for it/);
      await wrong.close();
      expect(server.reverseProxy.accessLog.filter((line) => /^POST \/(api\/)?pty/.test(line))).toEqual([]);
      expect(await isStillWaiting(webUi.tab)).toBe(true);

      await tab.bringToFront();
      await tab.click(allow);
      await waitForPhase(tab, 'completed');
      expect(world.identityProvider.exchanges).toEqual(['ok']);
    });

    test("an MCP server's login from the web UI completes", async ({
      world,
      server,
      browserWithExtension: browser,
    }, info) => {
      await addMcpServer(server);
      if (!(await startsMcpLogins(server))) return noteMissing(info);
      await haveServer(browser, server.url);
      const page = await browser.newTab(`${server.url}/global/health`);
      const tab = await browser.tabOpenedBy(() => askForMcpLogin(page));
      await tab.click(allow);

      expect(await waitForPhase(tab, 'completed')).toContain('Signed in to demo on opencode.example.com');
      expect(world.providers.mcp.exchanges).toEqual(['ok']);
      await page.waitForText('body[data-answer]', /./);
      await expectNoSecrets({ world, server, browser, tab });
    });

    test('without the extension the same sign-in ends in a connection error', async ({
      world,
      server,
      plainBrowser: browser,
    }) => {
      const webUi = await openWebUi(world, browser, server);
      const tab = await webUi.startSignIn();
      await tab.click(allow);

      expect(await tab.waitForErrorPage()).toBe('connection-refused');
      expect(await isStillWaiting(webUi.tab)).toBe(true);
      expect(world.identityProvider.exchanges).toEqual([]);
    });
  });
}

/** An MCP server that needs a login, in the server's own project. */
async function addMcpServer(server: RemoteServer): Promise<void> {
  await server.opencode.fetch('/mcp', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'demo', config: { type: 'remote', url: mcpUrl } }),
  });
  await expect.poll(() => mcpServers(server)).toEqual({ demo: { status: 'needs_auth' } });
}

/** Whether the release has what a web UI starts an MCP server's login by. */
async function startsMcpLogins(server: RemoteServer): Promise<boolean> {
  const { paths } = (await (await server.opencode.fetch('/doc')).json()) as { paths: Record<string, unknown> };
  return '/mcp/{name}/auth/authenticate' in paths;
}

/** What a response took to get there; undefined when none did. Without a terminal all that is left is the MCP client. */
function wayTaken(server: RemoteServer): Way | undefined {
  if (callsFor(server, /^POST \/(api\/)?pty 2/).length > 0) return 'terminal';
  return callsFor(server, /^POST \/mcp 2/).length > 0 ? 'loopback' : undefined;
}

/** All that a third party was asked is its own web UI's files: no other path, no query, no body, none of our secrets. */
function expectNothingOfOurs(forwarded: ForwardedRequest[], { connections, identityProvider }: World): void {
  for (const { method, path, headers, body } of forwarded) {
    expect(webUiRequests).toContain(`${method} ${path}`);
    expect([headers.authorization, headers.cookie, body]).toEqual([undefined, undefined, '']);
  }
  const seen = JSON.stringify(forwarded);
  for (const secret of [...identityProvider.secrets(), ...identityProvider.states]) expect(seen).not.toContain(secret);
  for (const host of connections) expect(knownHosts).toContain(host.replace(/:443$/, ''));
}
