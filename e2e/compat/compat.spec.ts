/** What must hold with every release of opencode: see docs/compatibility.md, which a run of this writes. */
import { deliveries } from '../deliveries.ts';
import { expectNoSecrets } from '../expectNoSecrets.ts';
import { test as base, expect } from '../fixtures.ts';
import { allow } from '../pages/authorize.ts';
import { addServer, haveServer, openPopup, waitForPhase } from '../pages/extension.ts';
import { isStillWaiting, waitUntilConnected } from '../pages/opencode.ts';
import { callsFor, mcpServers } from '../pages/providers.ts';
import { askForMcpLogin } from '../pages/webUiRequests.ts';
import { mcpUrl } from '../world/providers/mcp.ts';
import type { ForwardedRequest } from '../world/web-ui-host.ts';
import type { RemoteServer, ServerOptions, World } from '../world/world.ts';
import { isUnsafeWithCodes, programOf } from './releases.ts';
import { noteWay, noteWebUi, type Way } from './table.ts';
import { openWebUi } from './webUi.ts';

const deny = { role: 'button', name: 'Cancel' } as const;

/** What a release that has no web UI of its own asks its third party for, to show that web UI to a browser. */
const webUiRequests = ['GET /', 'GET /assets/index.js', 'GET /favicon.ico'];
/** Whom opencode talks to by itself: only the first two are let through, of the others only the name is known. And whom it is told of. */
const itself = ['auth.openai.com', 'app.opencode.ai', 'models.dev', 'registry.npmjs.org', 'github.com'];
const knownHosts = [...itself, new URL(mcpUrl).hostname];

const UNKNOWN_PATH = '/what-no-release-knows';

const test = base.extend<Pick<ServerOptions, 'password' | 'project'> & { release: string; server: RemoteServer }>({
  release: ['', { option: true }],
  password: [undefined, { option: true }],
  project: [undefined, { option: true }],

  /** A server of the release. After the test, the third party knows nothing of it. */
  server: async ({ world, release, password, project }, use, info) => {
    const server = await world.addServer('opencode.example.com', { binary: programOf(release), password, project });
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
        expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
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
      expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
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
      const state = world.providers.chatgpt.states.at(-1) ?? '';
      const wrong = await browser.newTab(`http://localhost:1455/auth/callback?code=ac_wrong&state=${state}x`);
      await wrong.waitForText('[role=status]', /nothing here is waiting for it/);
      await wrong.close();
      expect(deliveries(server)).toEqual([]);
      expect(await isStillWaiting(webUi.tab)).toBe(true);

      await tab.bringToFront();
      await tab.click(allow);
      await waitForPhase(tab, 'completed');
      expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
    });

    test.describe(() => {
      // Releases up to 1.3 list only what stands there.
      test.use({ project: { 'opencode.json': JSON.stringify({ mcp: { demo: { type: 'remote', url: mcpUrl } } }) } });

      test("an MCP server's login from the web UI completes", async ({
        world,
        server,
        browserWithExtension: browser,
      }) => {
        // 1.1.31 says that the connection has failed, for want of a login.
        const toDo = { status: expect.stringMatching(/^(needs_auth|failed)$/) };
        await expect.poll(() => mcpServers(server)).toMatchObject({ demo: toDo });
        await haveServer(browser, server.url);
        const page = await browser.newTab(`${server.url}/global/health`);
        const tab = await browser.tabOpenedBy(() => askForMcpLogin(page));
        await tab.click(allow);

        expect(await waitForPhase(tab, 'completed')).toContain('Signed in to demo on opencode.example.com');
        expect(world.providers.mcp.exchanges).toEqual(['ok']);
        // Its secrets are not looked for: opencode's own event names the URL, with its state.
        await page.waitForText('body[data-answer]', /./);
        expect(await mcpServers(server)).toMatchObject({ demo: { status: 'connected' } });
      });
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
      expect(world.providers.chatgpt.exchanges).toEqual([]);
    });
  });
}

/** What a response took to get there; undefined when none did. */
function wayTaken(server: RemoteServer): Way | undefined {
  const [order] = deliveries(server);
  if (order === undefined) return undefined;
  return order.includes('/bin/sh') ? 'terminal' : 'loopback';
}

/** All that a third party was asked is its own web UI's files: no other path, no query, no body, none of our secrets. */
function expectNothingOfOurs(forwarded: ForwardedRequest[], { connections, providers }: World): void {
  for (const { method, path, headers, body } of forwarded) {
    expect(webUiRequests).toContain(`${method} ${path}`);
    expect([headers.authorization, headers.cookie, body]).toEqual([undefined, undefined, '']);
  }
  const seen = JSON.stringify(forwarded);
  for (const secret of [...providers.chatgpt.secrets(), ...providers.chatgpt.states])
    expect(seen).not.toContain(secret);
  for (const host of connections) expect(knownHosts).toContain(host.replace(/:443$/, ''));
}
