/** More than anybody needs: of starts, of events for one start, of what a start is made of. */
import { expect } from '../fixtures.ts';
import { authorizationUrl, browserEvent, newState } from '../world/hostile-server.ts';
import {
  type Attack,
  askForMcpLogin,
  openHonestLogin,
  type Scene,
  sayInEvents,
  showHonestLink,
  showLink,
  signInFromPopup,
} from './attack.ts';

/** The most rules that one server may hold: a few sign-ins' worth, and far from the browsers' 5000 for all of them. */
const FEW_RULES = 32;

/** Its page asks for sign-ins to all of these at once, and waits for no answer. */
function startMany({ page }: Scene, paths: string[], headers: Record<string, string> = {}): Promise<void> {
  return page.evaluate(
    (given) => {
      const how = { method: 'POST', headers: given.headers, body: '{}' };
      for (const path of given.paths) void fetch(path, how).catch(() => {});
    },
    { paths, headers },
  );
}

/** As many requests as were asked for have reached the server. */
async function untilAsked({ hostile }: Scene, pattern: RegExp, count: number): Promise<void> {
  await expect
    .poll(() => hostile.requests.filter(({ path }) => pattern.test(path)).length)
    .toBeGreaterThanOrEqual(count);
}

const authorizePath = (id: string) => `/provider/${id}/oauth/authorize`;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

export const floodAttacks: Attack[] = [
  {
    tries: 'names twenty URLs in answer to one start',
    way: 'events',
    tabs: 1,
    rules: 2,
    async run(scene) {
      await sayInEvents(scene, ...numbers(20).map(() => browserEvent('evil', authorizationUrl())));
      return '';
    },
  },
  {
    tries: 'says one URL twenty times in one breath',
    way: 'events',
    tabs: 1,
    rules: 2,
    async run(scene) {
      const event = browserEvent('evil', authorizationUrl());
      await sayInEvents(scene, event.repeat(20));
      return '';
    },
  },
  {
    tries: 'starts ChatGPT sign-ins sixty times in one tab',
    way: 'page',
    rules: FEW_RULES,
    async run(scene) {
      const { browser, page } = scene;
      const states = numbers(60).map(newState);
      const tab = await browser.tabOpenedBy(() =>
        page.evaluate(() => {
          Object.assign(window, { victim: window.open('about:blank', '_blank') });
        }, undefined),
      );
      scene.opened.push(tab);
      await page.evaluate(async (all) => {
        const { victim } = window as unknown as { victim: Window };
        for (const state of all) {
          const query = new URLSearchParams({
            response_type: 'code',
            client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
            redirect_uri: 'http://localhost:1455/auth/callback',
            scope: 'openid profile email offline_access',
            code_challenge: 'A'.repeat(43),
            code_challenge_method: 'S256',
            state,
            originator: 'opencode',
          });
          victim.location.href = `https://auth.openai.com/oauth/authorize?${query}`;
          // Not by a timer: in a tab that nobody looks at, it would take a second (Firefox).
          await fetch('/global/health');
        }
      }, states);
      await tab.waitForText('h1', /Log in to ChatGPT/);
      await scene.signInOnGood();
      return '';
    },
  },
  {
    tries: 'shows a hundred links, for a hundred starts',
    way: 'link',
    rules: FEW_RULES,
    async run(scene) {
      const links = numbers(100).map(() => authorizationUrl());
      await scene.page.evaluate((all) => {
        for (const href of all) document.body.append(Object.assign(document.createElement('a'), { href }));
      }, links);
      await startMany(
        scene,
        numbers(100).map((index) => authorizePath(`mallory${index}`)),
      );
      await untilAsked(scene, /mallory\d+\/oauth\/authorize/, 100);
      await openHonestLogin(scene);
      await scene.signInOnGood();
      return '';
    },
  },
  {
    tries: 'asks for the logins of a hundred MCP servers at once, and says nothing of them',
    way: 'page',
    async run(scene) {
      scene.hostile.lie(/^POST \/mcp\/.*\/authenticate$/, () => {});
      await startMany(
        scene,
        numbers(100).map((index) => `/mcp/evil${index}/auth/authenticate`),
      );
      await scene.signInOnGood();
      return '';
    },
  },
  {
    tries: 'starts sign-ins whose names have 10,000 characters',
    way: 'page',
    async run(scene) {
      await startMany(
        scene,
        numbers(60).map((index) => authorizePath(`mallory${index}${'a'.repeat(10_000)}`)),
      );
      await untilAsked(scene, /mallory\d+a+\/oauth\/authorize/, 60);
      await showHonestLink(scene);
      return '';
    },
  },
  {
    tries: 'starts sign-ins in directories whose names have 60,000 characters',
    way: 'page',
    async run(scene) {
      const paths = numbers(20).map((index) => authorizePath(`mallory${index}`));
      await startMany(scene, paths, { 'x-opencode-directory': 'd'.repeat(60_000) });
      await untilAsked(scene, /mallory\d+\/oauth\/authorize/, 20);
      await showHonestLink(scene);
      await scene.signInOnGood();
      return '';
    },
  },
  {
    tries: 'names a redirect URI of 100,000 characters',
    way: 'events',
    tabs: 1,
    rules: 2,
    async run(scene) {
      const redirectUri = `http://127.0.0.1:56121/${'p'.repeat(100_000)}`;
      await sayInEvents(scene, browserEvent('evil', authorizationUrl({ redirect_uri: redirectUri })));
      return '';
    },
  },
  {
    tries: 'names a redirect URI of 100,000 characters',
    way: 'popup',
    tabs: 1,
    rules: 2,
    run(scene) {
      scene.hostile.namedUrl = authorizationUrl({ redirect_uri: `http://127.0.0.1:56121/${'p'.repeat(100_000)}` });
      return signInFromPopup(scene);
    },
  },
  {
    tries: 'names a state of 100,000 characters',
    way: 'popup',
    run(scene) {
      scene.hostile.namedUrl = authorizationUrl({ state: 's'.repeat(100_000) });
      return signInFromPopup(scene);
    },
  },
  {
    tries: 'names a state of 100,000 characters',
    way: 'link',
    async run(scene) {
      await showLink(scene, authorizationUrl({ state: 's'.repeat(100_000) }));
      return '';
    },
  },
  {
    tries: 'has its page ask for one login three times, and names a URL',
    way: 'events',
    // Each of them is a start.
    tabs: 3,
    rules: 6,
    async run(scene) {
      for (const _ of numbers(2)) await askForMcpLogin(scene, 'evil');
      await expect
        .poll(() => scene.hostile.requests.filter(({ path }) => path.endsWith('/evil/auth/authenticate')).length)
        .toBe(2);
      await sayInEvents(scene, browserEvent('evil', authorizationUrl()));
      return '';
    },
  },
];
