/**
 * A web page that wants a sign-in, or to spoil one: it opens, frames, fetches, redirects, posts messages to and guesses
 * its way around the extension while a sign-in waits. It gets nothing, and the sign-in completes.
 */

import { createServer } from 'node:https';
import { deliveries } from '../deliveries.ts';
import { expect, test } from '../fixtures.ts';
import { allow } from '../pages/authorize.ts';
import { haveServer, waitForPhase } from '../pages/extension.ts';
import { isStillWaiting, openOpencode, waitUntilConnected } from '../pages/opencode.ts';
import { startSignIn } from '../pages/signIn.ts';

test('a hostile page gets nothing delivered, learns nothing, and cannot make the waiting sign-in fail', async ({
  world,
  browserWithExtension: browser,
  driver,
}) => {
  const server = await world.addServer('opencode.example.com');
  const hostile = createServer(await world.authority.issue('page.example.com'), (request, response) => {
    // Its own redirector, for chains that end at the callback or at the extension.
    const target = new URL(request.url ?? '/', 'https://page.example.com').searchParams.get('to');
    if (target) response.writeHead(302, { location: target }).end();
    else response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Hostile</title><body>');
  });
  await world.addSite('page.example.com', hostile);
  const opencode = await openOpencode(browser, server);
  await haveServer(browser, server.url);
  const provider = await startSignIn(browser, opencode);
  // Worst case: the page has stolen the state of the waiting sign-in. It never has the code.
  const state = world.providers.chatgpt.states.at(-1) ?? '';
  const page = await browser.newTab('https://page.example.com/');
  const logBefore = server.reverseProxy.accessLog.length;

  const learned = await page.evaluate(
    async ({ extensionPages, state }) => {
      const found: string[] = [];
      const callback = `http://localhost:1455/auth/callback?code=ac_forged&state=${state}`;
      window.addEventListener('message', (event) => found.push(`message from ${event.origin}`));

      // Subresources and frames: the callback, and the extension's pages by every address there is.
      for (const url of [callback, ...extensionPages]) {
        await fetch(url, { mode: 'no-cors' }).then(
          () => found.push(`fetched ${url}`),
          () => {},
        );
        const frame = document.createElement('iframe');
        frame.src = url;
        const loaded = new Promise((resolve) => {
          frame.onload = resolve;
          frame.onerror = resolve;
          // Firefox tells a page nothing at all about a frame that it blocks.
          setTimeout(resolve, 500);
        });
        document.body.append(frame);
        await loaded;
        try {
          // What a frame shows is another origin's, or nothing at all.
          const text = frame.contentDocument?.body?.innerText;
          if (text) found.push(`read a frame of ${url}`);
        } catch {
          // As it should be.
        }
        frame.contentWindow?.postMessage({ type: 'deliverSignIn', id: 1, data: state, timestamp: 0 }, '*');
      }

      // The extension's messages, from a page.
      const runtime = (globalThis as { chrome?: { runtime?: { sendMessage?: unknown; connect?: unknown } } }).chrome
        ?.runtime;
      if (runtime?.sendMessage || runtime?.connect) found.push('a message port');
      if ((globalThis as { browser?: unknown }).browser) found.push('the browser API');
      return found;
    },
    {
      // In Firefox the extension's address is random for each installation, and no page can know it.
      extensionPages:
        driver === 'chromium'
          ? ['callback.html', 'popup.html', 'icons/48.png', 'background.js'].map(browser.extensionUrl)
          : [],
      state,
    },
  );
  expect(learned).toEqual([]);

  /** The page takes a tab to its own redirector, which leads to a callback. */
  const redirectTo = async (callback: string) => {
    const tab = await browser.newTab('https://page.example.com/');
    await tab.evaluate((target) => {
      window.location.href = `/?to=${encodeURIComponent(target)}`;
    }, callback);
    return tab;
  };
  // Top-level, with guessed states: they go where they always went, and are at most offered to the user.
  for (const guess of ['x', state.slice(0, -1), `${state}%00`, encodeURIComponent(`${state}&state=${state}`)]) {
    const tab = await redirectTo(`http://localhost:1455/auth/callback?code=ac_forged&state=${guess}`);
    await tab.waitForText('[role=status]', /nothing here is waiting for it/);
    await tab.close();
  }
  // With the stolen state: no other tab than the sign-in's own is captured from, so this too is at most offered.
  const stolen = await redirectTo(`http://localhost:1455/auth/callback?code=ac_forged&state=${state}`);
  await stolen.waitForText('[role=status]', /came back in another tab than its own/);
  await stolen.close();
  // And by the provider's own page, which answers to a request that the page made up.
  const forged = new URL(await provider.url());
  forged.searchParams.set('code_challenge', 'A'.repeat(43));
  const byProvider = await redirectTo(forged.href);
  await byProvider.click(allow);
  await byProvider.waitForText('[role=status]', /came back in another tab than its own/);
  await byProvider.close();
  // And shapes with the right state that no provider sends.
  for (const query of [
    `code=a&code=b&state=${state}`,
    `code=a&error=b&state=${state}`,
    `state=${state}`,
    `code=a&state=${state}&state=${state}`,
  ]) {
    const tab = await redirectTo(`http://localhost:1455/auth/callback?${query}`);
    await tab.waitForErrorPage();
    await tab.close();
  }

  // In the sign-in's own tab: almost the response. The capture rule leaves it alone, so the browser's own way shows.
  const login = await provider.url();
  for (const [path, isOffered] of [
    [`/auth/callback/x?code=a&state=${state}`, false],
    [`/auth/callback?code=a&state=${state}x`, true],
    [`/auth/callback?code=a&xstate=${state}`, false],
    [`/auth/callback?code=a#state=${state}`, false],
  ] as const) {
    await provider.goto(`http://localhost:1455${path}`);
    if (isOffered) await provider.waitForText('[role=status]', /nothing here is waiting for it/);
    else await provider.waitForErrorPage();
  }
  // Nor a name below localhost: it leads to this machine as well, and is not the redirect URI's.
  await provider.goto(`http://x.localhost:1455/auth/callback?code=a&state=${state}`);
  await provider.waitForErrorPage();
  await provider.goto(login);

  expect(deliveries(server)).toEqual([]);
  const called = server.reverseProxy.accessLog.slice(logBefore).filter((line) => /^POST .*callback/.test(line));
  expect(called).toEqual([]);
  expect(await isStillWaiting(opencode)).toBe(true);

  await provider.bringToFront();
  await provider.click(allow);
  await waitForPhase(provider, 'completed');
  await waitUntilConnected(opencode);
  expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
});
