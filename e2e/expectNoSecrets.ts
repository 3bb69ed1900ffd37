import { execFileSync } from 'node:child_process';
import { expect } from '@playwright/test';
import type { BrowserDriver, Tab } from './drivers/driver.ts';
import type { RemoteServer, World } from './world/world.ts';

/**
 * After a sign-in its code, tokens and password are found in none of the places where they would stay: opencode's log,
 * files, configuration, lists and event stream, what its MCP client remembers, the proxies of both sides, process arguments,
 * every area of the extension's storage, the console, the page that showed it and its title. The browser's history is the
 * known exception; see SECURITY.md.
 */
export async function expectNoSecrets(given: {
  world: World;
  server: RemoteServer;
  browser: BrowserDriver;
  tab: Tab;
  /**
   * What the session's storage, and nothing else, still holds by design: the code while the sign-in can be finished, the
   * state while a late response must be recognized.
   */
  remains?: 'code' | 'state';
  /** The response took a callback URL: like every request of that kind (RFC 6749 §4.1.2) it is in the proxy's access log. */
  byCallbackUrl?: boolean;
}): Promise<void> {
  const { world, server, browser, tab, remains, byCallbackUrl } = given;
  // The extension deletes its terminal after the outcome is shown: wait for the list to be empty, and see that it gets so.
  // A fault may have kept it from doing so, until the next sign-in.
  if (!remains) await expect.poll(() => terminals(server)).toBe('[]');
  // Nor is what the server's MCP client was told: while the code can still be used, it may have to be told again.
  // One that is being asked is neither gone nor disabled yet.
  if (remains !== 'code')
    await expect.poll(() => mcpEntries(server)).toMatch(/^\[((null|\{"status":"disabled"\}),?)*\]$/);
  const { session, ...kept } = await browser.background(async ({ storage: areas }) => ({
    local: await areas.local.get(),
    sync: await areas.sync.get(),
    // Rejects in Firefox when no policy is set.
    managed: await areas.managed.get().catch(() => ({})),
    session: await areas.session.get(),
  }));
  const page = () => document.documentElement.outerHTML + document.title + location.href;

  const files = Object.entries(server.opencode.files());
  const [logins, others] = [true, false].map((isLogins) =>
    files
      .filter(([path]) => /(^|\/)((mcp-)?auth|antigravity-accounts)\.json$/.test(path) === isLogins)
      .map(([, text]) => text),
  );
  const places = {
    'opencode log': server.opencode.log(),
    'opencode files': others?.join('\n') ?? '',
    'opencode configuration': await configurations(server),
    'terminal list': await terminals(server),
    'MCP list': await mcpEntries(server),
    'HTTP proxy': world.proxiedRequests.join('\n'),
    'event stream': server.opencode.events(),
    'access log': byCallbackUrl ? '' : server.reverseProxy.accessLog.join('\n'),
    'process arguments': execFileSync('ps', ['-eo', 'args']).toString(),
    console: await browser.consoleOutput(),
    storage: JSON.stringify(kept),
    'callback page': await tab.evaluate(page, undefined).catch(() => ''),
  };
  const providers = Object.values(world.providers);
  // Poe has no state.
  const states = providers.flatMap((provider) => provider.states).filter(Boolean);
  const secrets = [...providers.flatMap((provider) => provider.secrets()), server.password ?? []].flat();
  expect([...secrets, ...states]).not.toEqual([]);
  // A recorder that records nothing would find nothing.
  expect(places['event stream']).toContain('server.connected');
  for (const [place, text] of Object.entries(places)) expectNone([...secrets, ...states], text, place);
  // The tokens belong there; what they were got for does not.
  const codes = secrets.filter((secret) => /^(ac_|code_|4\/)/.test(secret));
  expectNone([...codes, ...states, server.password ?? []].flat(), logins?.join('\n') ?? '', 'logins of opencode');
  const gone = { none: [...secrets, ...states], state: secrets, code: [] }[remains ?? 'none'];
  expectNone(gone, JSON.stringify(session), 'session storage');
  if (remains !== 'code') await expectMemoryWithout([...secrets, ...states], world, server);
}

/**
 * What the server's MCP client remembers of the extension is tried out: it is told to connect again, and does not come to any
 * address that a response of these sign-ins was meant for.
 */
async function expectMemoryWithout(secrets: string[], world: World, server: RemoteServer): Promise<void> {
  // Who was never told of an MCP server has nothing to remember, and may not be asked: see `isForwarded`.
  if (!server.reverseProxy.accessLog.some((line) => line.startsWith('POST /mcp '))) return;
  const redirectUris = Object.values(world.providers).flatMap((it) => [...it.redirectUris]);
  const ports = new Set(redirectUris.map((uri) => Number(new URL(uri).port)));
  for (const port of ports) {
    const listener = await server.loopback.listen(port);
    // opencode itself still listens there, as it does after a refusal, or for another sign-in.
    if (!listener) continue;
    await about(server, '/mcp/callback-courier/connect', 'POST');
    await listener.close();
    expectNone(secrets, JSON.stringify(listener.requests), `what was requested again at port ${port}`);
  }
  // As it was before.
  await about(server, '/mcp/callback-courier/disconnect', 'POST');
}

function expectNone(secrets: string[], text: string, place: string): void {
  const found = secrets
    .map((secret) => ({ secret, at: text.indexOf(secret) }))
    .filter(({ at }) => at !== -1)
    .map(
      ({ secret, at }) => `${secret.slice(0, 3)}… at ${text.slice(Math.max(0, at - 300), at + secret.length + 300)}`,
    );
  // A title of few words: the runner keeps those of all tests.
  expect(found, `secrets in the ${place}`).toEqual([]);
}

/** What both terminal APIs list. */
async function terminals(server: RemoteServer): Promise<string> {
  const lists = await Promise.all(['/api/pty', '/pty'].map((path) => ask(server, path)));
  return JSON.stringify(lists.flatMap((list) => (list && 'data' in list ? list.data : (list ?? []))));
}

/** What opencode says of the extension's entry, in every project that it was asked about. */
async function mcpEntries(server: RemoteServer): Promise<string> {
  const lists = await about(server, '/mcp');
  return JSON.stringify(lists.map((list) => (list as Record<string, unknown> | undefined)?.['callback-courier']));
}

async function configurations(server: RemoteServer): Promise<string> {
  return JSON.stringify([await about(server, '/config'), await ask(server, '/global/config')]);
}

/** Asks for each project that the extension or opencode's web UI asked for, and for the one that opencode was started in. */
function about(server: RemoteServer, path: string, method = 'GET'): Promise<unknown[]> {
  const projects = [{}, ...[...server.reverseProxy.directories].map((name) => ({ 'x-opencode-directory': name }))];
  return Promise.all(projects.map((headers) => ask(server, path, { method, headers })));
}

/** The JSON that opencode answers; undefined from a release that does not know the path. */
async function ask(server: RemoteServer, path: string, init: RequestInit = {}): Promise<object | undefined> {
  if (isForwarded(server, path)) return undefined;
  const answer = await server.opencode.fetch(path, init);
  return answer.headers.get('content-type')?.startsWith('application/json') ? answer.json() : undefined;
}

/** Releases up to 1.3 forward what they do not know to a third party (measured with 1.1.31, 1.2.1 and 1.3.2). */
function isForwarded(server: RemoteServer, path: string): boolean {
  const { version } = server.opencode;
  return path === '/api/pty' ? /^1\.\d\./.test(version) : path === '/global/config' && /^1\.1\./.test(version);
}
