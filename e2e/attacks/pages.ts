/** What a server's own page can do to whoever looks at it: hang, come again and again, or be more than can be read. */
import { expect } from '../fixtures.ts';
import { authorizationUrl, newState } from '../world/hostile-server.ts';
import {
  type Attack,
  arriveFromPopup,
  askForMcpLogin,
  endOf,
  rulesWith,
  type Scene,
  showHonestLink,
  startInPage,
  statesInPopup,
} from './attack.ts';

/** Longer than anybody waits. The tab is closed when the attack is over. */
const LONG_MS = 300_000;

/** Its page does nothing else from now on. */
async function beBusy({ page, hostile, goodPage }: Scene): Promise<void> {
  // WebDriver BiDi waits without end to leave a tab that hangs (Firefox). People need not.
  await goodPage.bringToFront();
  await page.evaluate((milliseconds) => {
    setTimeout(() => {
      const request = new XMLHttpRequest();
      request.open('POST', '/busy', false);
      request.send();
      for (const end = Date.now() + milliseconds; Date.now() < end; );
    });
  }, LONG_MS);
  await expect.poll(() => hostile.requests.some(({ path }) => path === '/busy')).toBe(true);
}

export const pageAttacks: Attack[] = [
  {
    tries: 'hangs its page when a sign-in has started there',
    way: 'page',
    ruinsPage: true,
    async run(scene) {
      await startInPage(scene, 'eve', 'about:blank');
      await beBusy(scene);
      await scene.signInOnGood();
      return '';
    },
  },
  {
    tries: 'hangs its page while its events are listened to',
    way: 'page',
    ruinsPage: true,
    async run(scene) {
      scene.hostile.events = [];
      await askForMcpLogin(scene, 'evil');
      await beBusy(scene);
      await askOnGoodAndHere(scene);
      return '';
    },
  },
  {
    tries: 'hangs its page, and has a sign-in that the popup started',
    way: 'popup',
    ruinsPage: true,
    async run(scene) {
      await beBusy(scene);
      const said = await endOf(await arriveFromPopup(scene));
      expect(said).toContain('Signed in to Mallory');
      return said;
    },
  },
  {
    tries: 'hangs its page between the start and the response of a sign-in',
    way: 'popup',
    ruinsPage: true,
    async run(scene) {
      let busy: Promise<void> = Promise.resolve();
      const tab = await arriveFromPopup(scene, () => {
        busy = beBusy(scene);
      });
      const said = await endOf(tab);
      await busy;
      expect(said).toContain('Signed in to Mallory');
      return said;
    },
  },
  {
    tries: 'loads its page again and again',
    way: 'page',
    ruinsPage: true,
    async run(scene) {
      const page = '<!doctype html><p>Again';
      const answerWith = (text: string) =>
        scene.hostile.lie(/^GET \/again$/, (response) => {
          response.writeHead(200, { 'content-type': 'text/html' }).end(text);
        });
      answerWith(`${page}<script>location.reload()</script>`);
      await scene.page.evaluate(() => {
        window.location.href = '/again';
      }, undefined);
      await askOnGoodAndHere(scene);
      // Of ten such tabs Chromium closes two only after half a minute, when asked by its debugger between two loads.
      answerWith(`${page}, for the last time`);
      await scene.page.waitForText('p', /last time/);
      return '';
    },
  },
  {
    tries: 'shows 20,000 links that are none',
    way: 'link',
    ruinsPage: true,
    async run(scene) {
      const link = authorizationUrl({ state: 'not unreserved', login_hint: 'x'.repeat(500) });
      await scene.page.evaluate((href) => {
        const links = Array.from({ length: 20_000 }, () => Object.assign(document.createElement('a'), { href }));
        document.body.append(...links);
      }, link);
      await startInPage(scene, 'eve', link);
      await scene.signInOnGood();
      return '';
    },
  },
  {
    tries: "asks for a sign-in, and answers when its tab shows another server's page with a link",
    way: 'link',
    async run(scene) {
      const { browser, hostile, hostileUrl, page, good } = scene;
      let answer = () => {};
      hostile.lie(/^POST \/provider\/eve\/oauth\/authorize$/, (response) => {
        answer = () =>
          response
            .writeHead(200, { 'content-type': 'application/json' })
            .end(JSON.stringify({ url: authorizationUrl(), method: 'auto', instructions: '' }));
      });
      await page.evaluate(() => {
        const headers = { 'content-type': 'application/json' };
        const init = { method: 'POST', headers, body: '{"method":0}', keepalive: true };
        void fetch('/provider/eve/oauth/authorize', init).catch(() => {});
      }, undefined);
      await expect.poll(() => hostile.requests.some(({ path }) => path.endsWith('/eve/oauth/authorize'))).toBe(true);
      await page.goto(`${good.url}/global/health`);
      const state = newState();
      await page.evaluate((href) => {
        document.body.append(Object.assign(document.createElement('a'), { href }));
      }, authorizationUrl({ state }));
      answer();
      // An honest start comes after it, and is seen.
      const another = await browser.newTab(hostileUrl);
      scene.opened.push(another);
      await showHonestLink({ ...scene, page: another });
      expect(await rulesWith(scene, state)).toBe(0);
      return '';
    },
  },
  {
    tries: "hides its document's functions behind elements of their names, and replaces what scripts use",
    way: 'link',
    rules: 2,
    ruinsPage: true,
    async run(scene) {
      await startInPage(scene, 'eve');
      await scene.page.evaluate(() => {
        for (const name of ['querySelectorAll', 'body', 'location']) {
          document.documentElement.append(Object.assign(document.createElement('form'), { name }));
        }
        const lie = () => {
          throw new Error('no');
        };
        Object.assign(globalThis, { fetch: lie, Response: lie, Array: lie, Object: lie });
        JSON.parse = lie;
        Reflect.set(Promise.prototype, 'then', lie);
      }, undefined);
      await scene.signInOnGood();
      return '';
    },
  },
];

/** The good server's sign-in and the popup's look at both servers go on. */
async function askOnGoodAndHere(scene: Scene): Promise<void> {
  await scene.signInOnGood();
  const { good, hostile } = await statesInPopup(scene);
  expect([good, hostile]).toEqual([expect.stringMatching(/^opencode 1\.18\.33/), expect.stringMatching(/./)]);
}
