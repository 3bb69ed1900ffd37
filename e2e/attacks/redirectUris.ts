/** Redirect URIs and states that are not the server's own: those of other programs, and those of the good server's sign-in. */
import type { Tab } from '../drivers/driver.ts';
import { expect } from '../fixtures.ts';
import { allow, authorizeOn, followLinkTo } from '../pages/authorize.ts';
import { waitForPhase } from '../pages/extension.ts';
import { authorizationUrl, newState, ownRedirectUri } from '../world/hostile-server.ts';
import { type Attack, nameUrl, rulesWith, type Scene, showHonestLink, startInPage } from './attack.ts';

const chatGpts = 'http://localhost:1455/auth/callback';

/** A port of the user's machine on which nobody listens. */
const deserted = 'http://localhost:3999';

/** Every way in, for the response of another program that has this state or none. */
function othersResponse(name: string, state: string | undefined): Attack[] {
  return (['events', 'popup', 'link'] as const).map((way) => ({
    tries: `names another program's redirect URI ${name}`,
    way,
    // Its own tab may wait for such a response. In any other tab it is the other program's.
    ...(way === 'link' ? {} : { tabs: 1, rules: 2 }),
    localResponse: `/callback?code=local${state === undefined ? '' : `&state=${state}`}`,
    run: (scene) => nameUrl(scene, way, authorizationUrl(requestFor(`${scene.local.origin}/callback`, state))),
  }));
}

function requestFor(redirectUri: string, state: string | undefined): [string, string][] {
  return [
    ['response_type', 'code'],
    ['redirect_uri', redirectUri],
    ...(state === undefined ? [] : [['state', state] as [string, string]]),
  ];
}

/** Every way in, with the state of a sign-in that waits on the good server. The server's own provider answers with a code of its. */
function stolenState(): Attack[] {
  return (['events', 'popup', 'link'] as const).map((way) => ({
    tries: "names the state of the good server's waiting sign-in",
    way,
    tabs: 1,
    rules: 4,
    leadsToLocal: true,
    async run(scene) {
      const waiting = await beginOnGood(scene);
      const state = scene.world.providers.chatgpt.states.at(-1) ?? '';
      const url = authorizationUrl(requestFor(chatGpts, state));
      const said = await nameUrl(scene, way, url);
      // The user logs in there, and a code that the server made up comes back with the good server's state.
      if (way === 'link') await followForged(scene, url);
      else await forgeInTabsAt(scene, url);
      await finishOnGood(scene, waiting);
      return said;
    },
  }));
}

/** Starts a ChatGPT sign-in on the good server; answers the provider's page. */
async function beginOnGood(scene: Scene): Promise<Tab> {
  const tab = await followLinkTo(scene.browser, scene.goodPage, await authorizeOn(scene.good));
  scene.opened.push(tab);
  await tab.waitFor(allow);
  return tab;
}

async function finishOnGood({ world }: Scene, tab: Tab): Promise<void> {
  const before = world.providers.chatgpt.exchanges.length;
  await tab.bringToFront();
  await tab.click(allow);
  expect(await waitForPhase(tab, 'completed')).toContain('on opencode.example.com');
  expect(world.providers.chatgpt.exchanges.slice(before)).toEqual(['ok']);
}

async function followForged(scene: Scene, url: string): Promise<void> {
  const tab = await followLinkTo(scene.browser, scene.page, url);
  scene.opened.push(tab);
  await tab.click(allow);
  // A local program has got it, or our page has come to an end with it.
  await tab.waitForText('.local, html:is([data-phase=completed], [data-phase=failed]) [role=status] h1', /./);
}

/** The same in whatever tab the extension opened for it. */
async function forgeInTabsAt({ browser }: Scene, url: string): Promise<void> {
  const ids = await browser.background(
    async ({ tabs }, { at, to }) => {
      const found = (await tabs.query({ url: 'https://page.example.com/*' })).filter((tab) => tab.url === at);
      for (const { id } of found) if (id !== undefined) await tabs.update(id, { url: to });
      return found.map(({ id }) => id ?? 0);
    },
    { at: url, to: url.replace('/log-in?', '/respond?') },
  );
  const underWay = /^$|^Log in|^Callback Courier|^The sign-in has come back|^Sending|^opencode is finishing|^localhost/;
  await expect.poll(async () => (await titles(browser, ids)).filter((title) => underWay.test(title))).toEqual([]);
}

function titles(browser: Scene['browser'], ids: number[]): Promise<string[]> {
  return browser.background(({ tabs }, of) => Promise.all(of.map(async (id) => (await tabs.get(id)).title ?? '')), ids);
}

const refused: [name: string, url: (scene: Scene) => string][] = [
  ['two redirect URIs', ({ local }) => authorizationUrl([...own(), ['redirect_uri', `${local.origin}/callback`]])],
  ['two states', () => authorizationUrl([...own(), ['state', newState()]])],
  [
    'a redirect URI of another host',
    () => authorizationUrl(requestFor('https://page.example.com/respond', newState())),
  ],
  [
    'a redirect URI with a user name',
    () => authorizationUrl(requestFor('http://localhost@localhost:3000/callback', newState())),
  ],
  [
    'a redirect URI in another spelling',
    () => authorizationUrl(requestFor('http://LOCALHOST:1455/auth/callback', newState())),
  ],
  ['a redirect URI with a query', () => authorizationUrl(requestFor(`${ownRedirectUri}?code=x`, newState()))],
  ['a state with a wildcard', () => authorizationUrl(requestFor(chatGpts, '*'.repeat(43)))],
];

function own(): [string, string][] {
  return requestFor(ownRedirectUri, newState());
}

export const redirectUriAttacks: Attack[] = [
  ...othersResponse('without a state', undefined),
  ...othersResponse('with a short state', '1'),
  {
    tries: 'names a state that would fit the parameters of another program, if some of it stood for anything',
    way: 'link',
    // Its state may be spelled in three ways, in two places each.
    rules: 6,
    localResponse: '/callback?state=7cO2&code=local&scope=email&authuser=0&prompt=consent',
    async run(scene) {
      const state = '~code~scope~authuser~prompt~';
      await startInPage(scene, 'eve', authorizationUrl(requestFor(`${scene.local.origin}/callback`, state)));
      await expect.poll(() => rulesWith(scene, state)).toBeGreaterThan(0);
      await showHonestLink(scene);
      return '';
    },
  },
  ...stolenState(),
  {
    tries: "names the state of the good server's waiting sign-in with another redirect URI",
    way: 'link',
    async run(scene) {
      const waiting = await beginOnGood(scene);
      const state = scene.world.providers.chatgpt.states.at(-1) ?? '';
      await nameUrl(scene, 'link', authorizationUrl(requestFor(`${deserted}/x`, state)));
      await finishOnGood(scene, waiting);
      return '';
    },
  },
  ...refused.map(
    ([name, url]): Attack => ({
      tries: `names ${name}`,
      way: 'popup',
      run: (scene) => nameUrl(scene, 'popup', url(scene)),
    }),
  ),
  {
    tries: "hands out the good server's own authorization URL",
    way: 'popup',
    tabs: 1,
    rules: 4,
    async run(scene) {
      const before = scene.world.providers.chatgpt.exchanges.length;
      const url = await authorizeOn(scene.good);
      const waiting = await followLinkTo(scene.browser, scene.goodPage, url);
      scene.opened.push(waiting);
      await waiting.waitFor(allow);
      const said = await nameUrl(scene, 'popup', url);
      await waiting.bringToFront();
      await waiting.click(allow);
      expect(await waitForPhase(waiting, 'completed')).toContain('on opencode.example.com');
      expect(scene.world.providers.chatgpt.exchanges.slice(before)).toEqual(['ok']);
      return said;
    },
  },
  {
    tries: "opens ChatGPT with the state of the good server's waiting sign-in",
    way: 'page',
    rules: 4,
    leadsToLocal: true,
    async run(scene) {
      const waiting = await beginOnGood(scene);
      const request = new URL(await waiting.url());
      request.searchParams.set('code_challenge', 'A'.repeat(43));
      const forged = await followLinkTo(scene.browser, scene.page, request.href);
      scene.opened.push(forged);
      await forged.click(allow);
      await forged.waitForText('.local, html:is([data-phase=completed], [data-phase=failed]) [role=status] h1', /./);
      await finishOnGood(scene, waiting);
      return '';
    },
  },
  {
    tries: "leads the user to a deserted port of the user's machine, with a code and a state",
    way: 'page',
    async run(scene) {
      const tab = await followLinkTo(scene.browser, scene.page, `${deserted}/admin?code=1&state=${newState()}`);
      scene.opened.push(tab);
      await tab.waitForErrorPage();
      return "the browser's own error page";
    },
  },
  {
    tries: 'starts a sign-in without a state, and leads the user to where it comes back',
    way: 'link',
    async run(scene) {
      await startInPage(scene, 'eve', authorizationUrl(requestFor(`${deserted}/callback`, undefined)));
      const tab = await followLinkTo(scene.browser, scene.page, `${deserted}/callback?code=mallory_1`);
      scene.opened.push(tab);
      // By design: only the user can tell whose it is. It is the server's that named this redirect URI, and nobody else's.
      const said = await tab.waitForText('[role=status]', /nothing here is waiting for it/);
      await tab.waitFor({ role: 'button', name: 'Send to hostile.example.com' });
      const buttons = await tab.evaluate(
        () => [...document.querySelectorAll('button')].map((b) => b.innerText),
        undefined,
      );
      expect(buttons.filter((text) => text.startsWith('Send to'))).toEqual(['Send to hostile.example.com']);
      return said;
    },
  },
];
