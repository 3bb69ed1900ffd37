/** Answers that do not end, do not come, come from elsewhere, or are not what they should be: to everything, and one by one. */
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import { expect } from '../fixtures.ts';
import { openPopup } from '../pages/extension.ts';
import { authorizationUrl, browserEvent, eventText, type Lie } from '../world/hostile-server.ts';
import {
  type Attack,
  arriveFromPopup,
  askForMcpLogin,
  endOf,
  hostileItem,
  type Scene,
  statesInPopup,
} from './attack.ts';

const json = { 'content-type': 'application/json' };
const html = { 'content-type': 'text/html' };

const silent: Lie = () => {};

/** Bytes of an answer that comes at 25 MB a second until the browser has enough: whoever reads on without end gets them all. */
const ENDLESS = 128 * 1024 * 1024;
const CHUNK = 128 * 1024;

/** An answer that goes on and on. `taken` has, for each time that it was given, how much of it the browser took in the end. */
function endless(contentType: string, beginning: string, taken: Promise<number>[]): Lie {
  return (response) => {
    let bytes = 0;
    response.writeHead(200, { 'content-type': contentType });
    response.write(beginning);
    const more = setInterval(() => {
      if (response.writableNeedDrain) return;
      bytes += CHUNK;
      response.write('a'.repeat(CHUNK));
      if (bytes >= ENDLESS) response.end();
    }, 5);
    taken.push(
      new Promise((resolve) => {
        response.on('close', () => {
          clearInterval(more);
          resolve(bytes);
        });
      }),
    );
  };
}

/** A byte a second. */
const slow: Lie = (response) => {
  response.writeHead(200, json).write('{');
  const more = setInterval(() => response.write(' '), 1_000);
  response.on('close', () => clearInterval(more));
};

const cut: Lie = (response) => {
  response.writeHead(200, { ...json, 'content-length': '100' }).write('{"heal');
  response.destroy();
};

const body = (value: unknown, status = 200, headers: Record<string, string> = json): Lie => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return (response) => response.writeHead(status, headers).end(text);
};

/** The same path on another origin. 307 keeps method and body (RFC 9110 §15.4.8). */
const redirectTo =
  (origin: string): Lie =>
  (response, { path }) => {
    response.writeHead(307, { location: `${origin}${path}` }).end();
  };

/** What it answers to everything, its pages included. */
const toEverything: { tries: string; lie: Lie; keepsWaiting?: true }[] = [
  { tries: 'answers nothing at all', lie: silent, keepsWaiting: true },
  { tries: 'answers a byte a second', lie: slow, keepsWaiting: true },
  { tries: 'cuts every answer', lie: cut },
  { tries: 'redirects everything to the good server', lie: redirectTo('https://opencode.example.com') },
  { tries: "redirects everything to the user's machine", lie: redirectTo('http://localhost:1455') },
  {
    tries: "asks for a password in the good server's name",
    lie: body('', 401, { 'www-authenticate': 'Basic realm="opencode.example.com"' }),
    // A page's own request waits for what its user answers.
    keepsWaiting: true,
  },
  { tries: 'answers HTML where JSON belongs', lie: body('<!doctype html><h1>Welcome</h1>', 200, html) },
  { tries: 'answers HTML and calls it JSON', lie: body('<!doctype html><h1>Welcome</h1>') },
  { tries: 'answers JSON and calls it HTML', lie: body({ healthy: true, version: '1.18.33' }, 200, html) },
  { tries: 'answers a login page', lie: body('<form><input type="password"></form>', 200, html) },
  { tries: 'answers JSON that ends in the middle', lie: body('{"healthy":true,"version":"1.18') },
  {
    tries: 'answers numbers for text and lists for objects',
    lie: body({ healthy: [true], version: 1.18, openai: {}, all: {} }),
  },
  { tries: 'answers JSON that is 100,000 levels deep', lie: body(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) },
];

export const answerAttacks: Attack[] = [
  ...toEverything.map(
    ({ tries, lie, keepsWaiting }): Attack => ({
      tries,
      way: 'answers',
      // How long a browser waits, and what it asks its user meanwhile, is its own affair.
      ...(keepsWaiting ? { ofBrowser: true } : {}),
      async run(scene) {
        scene.hostile.lie(/./, lie);
        const goodLog = scene.good.reverseProxy.accessLog.length;
        await askForEverything(scene);
        const { good, hostile } = await statesInPopup(scene, keepsWaiting);
        expect(good).toMatch(/^opencode 1\.18\.33/);
        // The popup itself asks the good server, and the browser for its page's icon; nothing else may come there.
        const asked = scene.good.reverseProxy.accessLog.slice(goodLog);
        expect(
          asked.filter((line) => !/^GET \/(global\/health|config\/providers|favicon\.ico) 200/.test(line)),
        ).toEqual([]);
        if (keepsWaiting) await scene.signInOnGood();
        return hostile;
      },
    }),
  ),
  ...[
    { path: '/global/health', beginning: '{"healthy":true,"version":"1.18.33","more":"', open: openPopup },
    {
      path: '/provider',
      beginning: '{"all":[],"connected":[],"more":"',
      async open(browser: BrowserDriver): Promise<Tab> {
        const popup = await openPopup(browser);
        await popup.click({ xpath: `${hostileItem}//button[normalize-space()="More sign-ins…"]` });
        return popup;
      },
    },
  ].map(
    ({ path, beginning, open }): Attack => ({
      tries: `does not end its answer to \`GET ${path}\``,
      way: 'answers',
      async run(scene) {
        const taken: Promise<number>[] = [];
        scene.hostile.lie(new RegExp(`^GET ${path}$`), endless('application/json', beginning, taken));
        scene.opened.push(await open(scene.browser));
        await scene.signInOnGood();
        await expect.poll(() => taken.length).toBeGreaterThan(0);
        expect(Math.max(...(await Promise.all(taken)))).toBeLessThan(ENDLESS);
        return '';
      },
    }),
  ),
  {
    tries: 'does not end an event',
    way: 'events',
    async run(scene) {
      const taken: Promise<number>[] = [];
      const beginning = browserEvent('evil', authorizationUrl()).trimEnd().slice(0, -1);
      scene.hostile.lie(/^GET \/global\/event$/, endless('text/event-stream', beginning, taken));
      await askForMcpLogin(scene, 'evil');
      await scene.signInOnGood();
      expect(taken.length).toBeGreaterThan(0);
      expect(Math.max(...(await Promise.all(taken)))).toBeLessThan(ENDLESS);
      return '';
    },
  },
  {
    tries: 'says events of no interest without end',
    way: 'events',
    async run(scene) {
      scene.hostile.lie(/^GET \/global\/event$/, (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const more = setInterval(() => response.write(eventText({ type: 'server.heartbeat', properties: {} })), 2);
        response.on('close', () => clearInterval(more));
      });
      for (const _ of Array(5)) await askForMcpLogin(scene, 'evil');
      await scene.signInOnGood();
      return '';
    },
  },
  ...[
    { what: 'the start of a sign-in', request: /oauth\/authorize$/ },
    { what: 'what it serves', request: /^GET \/(provider|mcp|(api\/)?pty|config)/ },
  ].map(
    ({ what, request }): Attack => ({
      tries: `keeps silent about ${what}`,
      way: 'answers',
      async run(scene) {
        scene.hostile.events = [];
        scene.hostile.lie(request, silent);
        await askForEverything(scene);
        const popup = await openPopup(scene.browser);
        scene.opened.push(popup);
        await popup.click(signInOnHostile);
        await scene.signInOnGood();
        return '';
      },
    }),
  ),
  {
    tries: 'keeps silent about its events',
    way: 'events',
    async run(scene) {
      scene.hostile.lie(/^GET \/global\/event$/, silent);
      for (const _ of Array(3)) await askForMcpLogin(scene, 'evil');
      await scene.signInOnGood();
      return '';
    },
  },
  ...[
    { what: 'the MCP servers that it is given', request: /^POST \/mcp$/ },
    { what: 'its terminals', request: /^POST \/(api\/)?pty$/ },
    { what: 'how a sign-in ended', request: /oauth\/callback$/ },
    { what: 'everything, from the moment that the response is there', request: /./ },
  ].map(
    ({ what, request }): Attack => ({
      tries: `keeps silent about ${what}`,
      way: 'answers',
      rules: 2,
      async run(scene) {
        const tab = await arriveFromPopup(scene, () => scene.hostile.lie(request, silent));
        await tab.waitForText('html:is([data-phase=delivering], [data-phase=completed]) [role=status] h1', /./);
        await scene.signInOnGood();
        return '';
      },
    }),
  ),
  {
    tries: 'is of another release when the response is there',
    way: 'answers',
    rules: 2,
    async run(scene) {
      const tab = await arriveFromPopup(scene, () => {
        // This one would forward to the internet what it does not know.
        scene.hostile.version = '1.3.0';
      });
      const said = await endOf(tab);
      const unknown = /^\/(api\/pty|mcp$)/;
      const state = new URL(scene.hostile.honestUrl('/provider/mallory')).searchParams.get('state') ?? '';
      const carriers = scene.hostile.requests.filter(({ path, body }) => unknown.test(path) && body.includes(state));
      expect(carriers).toEqual([]);
      return said;
    },
  },
  {
    tries: 'is no opencode any more when the response is there',
    way: 'answers',
    rules: 2,
    async run(scene) {
      const tab = await arriveFromPopup(scene, () => scene.hostile.lie(/./, body('<h1>It works!</h1>', 200, html)));
      const said = await endOf(tab);
      const state = new URL(scene.hostile.honestUrl('/provider/mallory')).searchParams.get('state') ?? '';
      expect(scene.hostile.requests.filter(({ path, body: sent }) => `${path}${sent}`.includes(state))).toEqual([]);
      return said;
    },
  },
  {
    tries: 'says that its loopback works, and lets nothing through',
    way: 'answers',
    rules: 2,
    async run(scene) {
      const unable = 'SSE error: Unable to connect. Is the computer able to access the url?';
      const tab = await arriveFromPopup(scene, () =>
        scene.hostile.lie(/^POST \/mcp$/, (response, { body: asked }) => {
          const { name } = JSON.parse(asked) as { name: string };
          body({ [name]: { status: 'failed', error: unable } })(response, {
            method: '',
            path: '',
            headers: {},
            body: '',
          });
        }),
      );
      await tab.waitForText('html:is([data-phase=delivering], [data-phase=completed]) [role=status] h1', /./);
      await scene.signInOnGood();
      return '';
    },
  },
];

/** Its page asks for all that a web UI asks for, and waits for nothing. */
function askForEverything({ page }: Scene): Promise<void> {
  return page.evaluate(() => {
    const paths = ['/provider/eve/oauth/authorize', '/provider/eve/oauth/callback', '/mcp/evil/auth/authenticate'];
    for (const path of paths) void fetch(path, { method: 'POST', redirect: 'manual' }).catch(() => {});
  }, undefined);
}

const signInOnHostile = { xpath: `${hostileItem}//button[normalize-space()="Sign in to ChatGPT"]` };
