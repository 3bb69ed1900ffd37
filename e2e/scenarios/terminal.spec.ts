/** What the sign-in does with the terminal API that it finds, where the server's MCP client is not to be had. */
import { execSync } from 'node:child_process';
import { deliveries } from '../deliveries.ts';
import { expectNoSecrets } from '../expectNoSecrets.ts';
import { expect, test } from '../fixtures.ts';
import { allow } from '../pages/authorize.ts';
import { haveServer, waitForPhase } from '../pages/extension.ts';
import { isStillWaiting, openOpencode } from '../pages/opencode.ts';
import { callsFor } from '../pages/providers.ts';
import { startSignIn } from '../pages/signIn.ts';
import type { Interception } from '../world/reverse-proxy.ts';

/** Answers some paths as an opencode that does not know them: 200, with the web UI's HTML. */
function unknown(...paths: string[]): Interception {
  return (request, response) => {
    if (!paths.some((path) => request.url?.startsWith(path))) return false;
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>OpenCode</title>');
    return true;
  };
}

test('a server with the older terminal API only is signed in all the same', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  const opencode = await openOpencode(browser, server);
  await haveServer(browser, server.url);
  server.reverseProxy.intercept = unknown('/mcp', '/api/pty');
  const tab = await startSignIn(browser, opencode);
  // One that requests nothing is tried while the user logs in.
  await expect.poll(() => callsFor(server, /^POST \/pty 2/)).toHaveLength(1);
  await tab.click(allow);

  await waitForPhase(tab, 'completed');
  expect(callsFor(server, /^POST \/pty/)).toHaveLength(2);
  expect(deliveries(server)).toHaveLength(1);
  expect(callsFor(server, /^POST \/api\/pty/)).toEqual([]);
  await expectNoSecrets({ world, server, browser, tab });
});

test('a server without an MCP API and a terminal API is sent nothing, and can still be signed in when it has one', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  const opencode = await openOpencode(browser, server);
  await haveServer(browser, server.url);
  server.reverseProxy.intercept = unknown('/mcp', '/api/pty', '/pty');
  const tab = await startSignIn(browser, opencode);
  const before = server.reverseProxy.accessLog.length;
  await tab.click(allow);

  expect(await waitForPhase(tab, 'failed')).toContain('does not let the sign-in through');
  // The MCP API is asked for by a POST: it was answered here, and carried nothing.
  const posts = server.reverseProxy.accessLog.slice(before).filter((line) => /^POST (?!\/mcp )/.test(line));
  expect(posts).toEqual([]);
  expect(await isStillWaiting(opencode)).toBe(true);

  server.reverseProxy.intercept = undefined;
  await tab.click({ role: 'button', name: 'Try again' });
  await waitForPhase(tab, 'completed');
});

test('a sign-in that cannot be relayed is finished by hand, and the page follows it to its end', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  const opencode = await openOpencode(browser, server);
  await haveServer(browser, server.url);
  const hasNoWay = unknown('/mcp', '/api/pty', '/pty');
  let asked = 0;
  server.reverseProxy.intercept = (request, response) => {
    if (request.method === 'POST' && request.url?.endsWith('/oauth/callback')) asked += 1;
    return hasNoWay(request, response);
  };
  const tab = await startSignIn(browser, opencode);
  await tab.click(allow);
  await waitForPhase(tab, 'failed');

  // The clipboard of a headless browser is not to be read: what would be copied is kept instead.
  await tab.evaluate(() => {
    navigator.clipboard.writeText = async (text) => {
      document.documentElement.dataset.copied = text;
    };
  }, undefined);
  await tab.click({ role: 'button', name: 'Copy curl command' });
  await waitForPhase(tab, 'delivering');
  const command = await tab.evaluate(() => {
    const { copied = '' } = document.documentElement.dataset;
    delete document.documentElement.dataset.copied;
    return copied;
  }, undefined);
  expect(command).toMatch(/^curl 'http:\/\/localhost:1455\/auth\/callback\?[^']+'$/);
  // The outcome is asked for by opencode's web UI, and by the page before anybody can have typed the command.
  await expect.poll(() => asked).toBe(2);
  execSync(`${server.opencode.command.join(' ')} ${command}`, { stdio: 'ignore' });

  await waitForPhase(tab, 'completed');
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
  expect(server.reverseProxy.accessLog.filter((line) => /POST .*pty/.test(line))).toEqual([]);
});
