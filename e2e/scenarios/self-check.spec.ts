/** Everything that a sign-in would need, looked at before one is started. */
import { createServer } from 'node:http';
import { expect, test } from '../fixtures.ts';
import { allow } from '../pages/authorize.ts';
import { openPopup, waitForPhase } from '../pages/extension.ts';
import { beginSignIn } from '../pages/signIn.ts';

const more = { role: 'button', name: 'More about opencode.example.com' } as const;
const run = { role: 'button', name: 'Check what a sign-in needs' } as const;

test('every line comes, nothing that is secret is sent, and the sign-in that waits goes on', async ({
  world,
  browserWithExtension: browser,
}) => {
  const { server, tab } = await beginSignIn(world, browser);
  const popup = await openPopup(browser);
  await popup.click(more);
  await popup.waitFor(run);
  const before = server.reverseProxy.accessLog.length;
  await popup.click(run);
  const shown = await popup.waitForText('.self-check [aria-live=polite]', /Port 1455/);
  for (const line of [
    /Access is allowed/,
    /opencode\.example\.com answers/,
    /It lets this extension in/,
    /opencode 1\.18\.33/,
    /by opencode's own MCP client/,
    /Port 1455 of this computer is free/,
  ]) {
    expect(shown).toMatch(line);
  }
  // docs/on-your-server.md lists these.
  const asked = server.reverseProxy.accessLog.slice(before).map((line) => line.split(' ', 2).join(' '));
  const listed = [
    '/global/health',
    '/config/providers',
    '/provider/auth',
    '/provider',
    '/pty',
    '/api/pty',
    '/api/integration/openai',
  ];
  const expected = [...listed.map((path) => `GET ${path}`), 'POST /mcp'];
  expect([...new Set(asked)].filter((line) => !expected.includes(line))).toEqual([]);
  expect(asked).toContain('POST /mcp');
  await popup.close();

  await tab.click(allow);
  await waitForPhase(tab, 'completed');
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
});

test('a program on this computer that has the port is seen, and gets a request that carries nothing', async ({
  world,
  browserWithExtension: browser,
}) => {
  const { server } = await beginSignIn(world, browser);
  const requests: string[] = [];
  // It asks for a password, for which the browser must not ask the user.
  const program = createServer(({ method, url, headers }, response) => {
    requests.push(`${method} ${url} ${headers.cookie ?? ''}${headers.authorization ?? ''}`);
    response.writeHead(401, { 'www-authenticate': 'Basic realm="A program"' }).end();
  });
  await world.listenOnUserPort1455(program);
  server.reverseProxy.intercept = (_, response) => {
    response.writeHead(502).end();
    return true;
  };
  const popup = await openPopup(browser);
  await popup.click(more);
  await popup.click(run);
  const shown = await popup.waitForText('.self-check [aria-live=polite]', /Port 1455|port 1455/);
  expect(shown).toMatch(/opencode\.example\.com cannot be reached/);
  expect(shown).toMatch(/A program on this computer is using port 1455/);
  expect(requests).toEqual(['GET /callback-courier/is-anybody-there ']);
  await popup.close();
});
