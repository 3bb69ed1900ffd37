/** Adding a server: what the popup says about what it found. */
import { createServer } from 'node:https';
import { expect, test } from '../fixtures.ts';
import { allow } from '../pages/authorize.ts';
import { addServer, haveServer, openPopup, waitForPhase } from '../pages/extension.ts';
import { openOpencode, waitUntilConnected } from '../pages/opencode.ts';
import { startSignIn } from '../pages/signIn.ts';
import { createCertificateAuthority } from '../world/certificates.ts';

const list = 'ul[aria-label=Servers]';

test('a server is added with the version that was found, and is there after a reload', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  const popup = await openPopup(browser);
  expect(await addServer(popup, 'opencode.example.com')).toContain('Found opencode 1.18.33 at opencode.example.com');
  await popup.reload();
  expect(await popup.waitForText(list, /opencode 1\.18\.33/)).toContain('opencode.example.com');
  expect(server.reverseProxy.accessLog.filter((line) => !/ \/(global\/health|config\/providers) /.test(line))).toEqual(
    [],
  );
});

test('a server on another port, and one typed as the address of a page in it', async ({
  world,
  browserWithExtension: browser,
}) => {
  await world.addServer('opencode.example.com', { port: 8443 });
  const popup = await openPopup(browser);
  expect(await addServer(popup, 'https://opencode.example.com:8443/project/session?x=1#y')).toContain(
    'Found opencode 1.18.33 at opencode.example.com:8443.',
  );
});

test('a server under a base path', async ({ world, browserWithExtension: browser }) => {
  const server = await world.addServer('opencode.example.com');
  server.reverseProxy.intercept = (request, response) => {
    const below = request.url?.startsWith('/code/');
    if (below) request.url = request.url?.slice('/code'.length);
    else response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Our intranet</h1>');
    return !below;
  };
  const popup = await openPopup(browser);
  expect(await addServer(popup, 'https://opencode.example.com/code/')).toContain(
    'Found opencode 1.18.33 at opencode.example.com/code.',
  );
  expect(await addServer(popup, 'https://opencode.example.com/')).toContain('opencode was not found');
});

test('what is not opencode, or does not answer, is named and not added', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  const popup = await openPopup(browser);
  expect(await addServer(popup, 'https://down.example.com')).toContain('down.example.com cannot be reached');

  const stranger = await createCertificateAuthority('A stranger');
  await world.addSite('page.example.com', createServer(await stranger.issue('page.example.com')));
  expect(await addServer(popup, 'https://page.example.com')).toContain(
    'does not trust the certificate of page.example.com',
  );

  server.reverseProxy.intercept = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome to nginx!</h1>');
    return true;
  };
  expect(await addServer(popup, 'https://opencode.example.com')).toContain(
    'opencode was not found at opencode.example.com',
  );

  server.reverseProxy.intercept = (_, response) => {
    response.writeHead(502).end();
    return true;
  };
  expect(await addServer(popup, 'https://opencode.example.com')).toContain('cannot be reached (HTTP 502)');

  for (const [typed, problem] of [
    ['', /Type the URL/],
    ['https://', /not a URL/],
    ['ftp://opencode.example.com', /https:\/\/ or http:\/\//],
    ['https://me:secret@opencode.example.com', /Leave user name and password out/],
  ] as const) {
    expect(await addServer(popup, typed)).toMatch(problem);
  }
  expect(await popup.evaluate((css) => document.querySelector(css), list)).toBeNull();
});

test('a server that asks for its password is kept, and a stored password opens it', async ({
  world,
  browserWithExtension: browser,
}) => {
  await world.addServer('opencode.example.com', { password: 'correct-horse' });
  const popup = await openPopup(browser);
  expect(await addServer(popup, 'https://opencode.example.com')).toBe('opencode.example.com is added.');
  await popup.waitForText(list, /opencode\.example\.com asks for its password/);
  await popup.fill({ role: 'textbox', name: 'Password' }, 'wrong');
  await popup.click({ role: 'button', name: 'Store password' });
  await popup.waitForText('[role=status]', /asks for its password/);
  await popup.fill({ role: 'textbox', name: 'Password' }, 'correct-horse');
  await popup.click({ role: 'button', name: 'Store password' });
  await popup.waitForText('[role=status]', /Found opencode 1\.18\.33/);
});

test('a password-protected server is found through its open tab', async ({ world, browserWithExtension: browser }) => {
  const server = await world.addServer('opencode.example.com', { password: 'correct-horse' });
  await openOpencode(browser, server);
  await haveServer(browser, server.url);
});

test('a gateway that leads to its login page is named', async ({ world, browserWithExtension: browser }) => {
  const server = await world.addServer('opencode.example.com');
  server.reverseProxy.intercept = (_, response) => {
    response.writeHead(302, { location: 'https://page.example.com/login' }).end();
    return true;
  };
  const popup = await openPopup(browser);
  expect(await addServer(popup, 'https://opencode.example.com')).toBe('opencode.example.com is added.');
  await popup.waitForText(list, /answered with a login page/);
});

test('a removed server is gone, its next sign-in is left alone, and the one after its return is not', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  const opencode = await openOpencode(browser, server);
  const popup = await openPopup(browser);
  await addServer(popup, 'https://opencode.example.com');
  await popup.click({ role: 'button', name: 'More about opencode.example.com' });
  await popup.click({ role: 'button', name: 'Remove' });
  await popup.waitForText('[role=status]', /Removed opencode\.example\.com/);
  await popup.reload();
  await popup.waitFor({ role: 'button', name: 'Add server' });
  expect(await popup.evaluate((css) => document.querySelector(css), list)).toBeNull();

  await opencode.bringToFront();
  const leftAlone = await startSignIn(browser, opencode);
  await leftAlone.click(allow);
  await leftAlone.waitForText('[role=status]', /has started on opencode\.example\.com, which is not added yet/);
  await leftAlone.close();

  await haveServer(browser, server.url);
  await opencode.reload();
  const caught = await startSignIn(browser, opencode);
  await caught.click(allow);
  await waitForPhase(caught, 'completed');
  await waitUntilConnected(opencode);
});
