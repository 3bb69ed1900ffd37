/** What can go wrong while a sign-in is under way: each fault, how it is brought about, and how it ends. */
import type { ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { BrowserDriver, Tab } from './drivers/driver.ts';
import type { RemoteServer } from './world/world.ts';

export interface Scene {
  browser: BrowserDriver;
  server: RemoteServer;
  /** The provider's tab, and then the capture page. */
  tab: Tab;
}

export interface Fault {
  name: string;
  apply(scene: Scene): Promise<void>;
  /** Undoes what a user or an administrator could undo. */
  lift?(scene: Scene): Promise<void>;
  /** Whether the browser matters: the others are faults of the server's side, and run in one browser. */
  ofBrowser?: boolean;
  /** While it lasts the provider cannot be reached either. */
  forbidsLogin?: boolean;
  /** The tab is gone after it: the sign-in goes on from the popup. */
  closesTab?: boolean;
}

/** A fault of the way to the server: everything that the extension asks is answered so. */
function everyAnswer(name: string, answer: (response: ServerResponse) => void): Fault {
  return {
    name,
    async apply({ server }) {
      server.reverseProxy.intercept = (_, response) => {
        answer(response);
        return true;
      };
    },
    lift: pass,
  };
}

function terminalAnswers(status: number): Fault {
  return {
    name: `the terminal API answers ${status}`,
    async apply({ server }) {
      server.reverseProxy.intercept = (request, response) => {
        if (!/^\/(api\/)?pty/.test(request.url ?? '')) return false;
        response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
        return true;
      };
    },
    lift: pass,
  };
}

async function pass({ server }: Scene): Promise<void> {
  server.reverseProxy.intercept = undefined;
}

const html = { 'content-type': 'text/html' };

export const faults: Fault[] = [
  { name: 'background killed', ofBrowser: true, apply: ({ browser }) => browser.suspendBackground() },
  { name: 'tab closed', ofBrowser: true, apply: ({ tab }) => tab.close(), closesTab: true },
  { name: 'page reloaded', ofBrowser: true, apply: ({ tab }) => tab.reload() },
  {
    name: 'Back pressed, then Forward',
    ofBrowser: true,
    async apply({ tab }) {
      if ((await tab.url()).startsWith('https://auth.openai.com')) return;
      await tab.back();
      await tab.waitFor({ role: 'button', name: 'Continue' });
      await tab.evaluate(() => window.history.forward(), undefined);
      await tab.waitForText('html[data-phase] [role=status]', /./);
    },
  },
  {
    name: 'server unreachable',
    ofBrowser: true,
    apply: ({ server }) => server.goDown(),
    lift: ({ server }) => server.comeBack(),
  },
  {
    name: 'browser offline',
    ofBrowser: true,
    forbidsLogin: true,
    apply: ({ browser }) => browser.setOffline(true),
    lift: ({ browser }) => browser.setOffline(false),
  },
  {
    name: "permission for the server's host withdrawn",
    ofBrowser: true,
    async apply({ browser }) {
      await browser.withdrawHost('https://opencode.example.com/*');
      await browser.withdrawHost('https://*.example.com/*');
    },
    lift: ({ browser }) => browser.grantHost('https://*.example.com/*'),
  },
  everyAnswer('the proxy answers 502', (response) => response.writeHead(502, html).end('<h1>502</h1>')),
  {
    name: 'every answer is slow',
    async apply({ server }) {
      server.reverseProxy.intercept = (request, response) => {
        // A slow network is what is tested here, so time itself has to pass.
        void setTimeout(700).then(() => server.reverseProxy.pass(request, response));
        return true;
      };
    },
    lift: pass,
  },
  everyAnswer('connection cut in the answer', (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{"heal');
    response.destroy();
  }),
  everyAnswer('401', (response) => response.writeHead(401, { 'www-authenticate': 'Bearer' }).end()),
  everyAnswer('302 to a login page', (response) => {
    response.writeHead(302, { location: 'https://page.example.com/login' }).end();
  }),
  everyAnswer('HTML instead of JSON', (response) => response.writeHead(200, html).end('<!doctype html><p>Welcome')),
  { name: 'opencode restarted', apply: ({ server }) => server.opencode.restart() },
  terminalAnswers(403),
  terminalAnswers(404),
  terminalAnswers(500),
  {
    name: 'clock moved six minutes on',
    apply: ({ browser }) => browser.moveClock(6 * 60_000),
    lift: ({ browser }) => browser.moveClock(-6 * 60_000),
  },
];
