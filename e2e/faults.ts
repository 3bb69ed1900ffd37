/** What can go wrong while a sign-in is under way: each fault, how it is brought about, and how it ends. */
import type { ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { BrowserDriver, Tab } from './drivers/driver.ts';
import { allow } from './pages/authorize.ts';
import type { RemoteServer } from './world/world.ts';

/** What a sign-in is to, and how its response gets to the listener (docs/architecture.md). Snowflake tells its outcome once. */
export const signIns = ['ChatGPT, loopback', 'ChatGPT, terminal', 'Snowflake, loopback'] as const;
export type SignIn = (typeof signIns)[number];

export const stages = ['armed', 'captured', 'delivering'] as const;
export type Stage = (typeof stages)[number];

/** What the user got: a sign-in, none because the provider refused the code, or none and no way on with this code. */
export type End = 'completed' | 'refused' | 'start again';

export const callbackEndpoint = /^\/provider\/[\w-]+\/oauth\/callback$/;

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
  /** The one route that it is about. */
  onlyBy?: 'loopback' | 'terminal';
  /** It is of the browser, and yet worth trying by both routes. */
  takesBoth?: boolean;
  /** While it lasts the provider cannot be reached either. */
  forbidsLogin?: boolean;
  /** The tab is gone after it: the sign-in goes on from the popup. */
  closesTab?: boolean;
  /** The stages at which nothing is left that could complete the sign-in. At every other the code must not be lost. */
  startsAgain?: Stage[];
  /** The server's answer to the one call that tells the outcome does not come. */
  losesAnswer?: boolean;
  /** Meanwhile the provider refuses the code: there is no success, and none may be shown. */
  refusesCode?: boolean;
}

/** What the user has to get in the end. */
export function expectedEnd({ startsAgain, refusesCode, losesAnswer }: Fault, stage: Stage, signIn: SignIn): End {
  // What Snowflake's plugin was asked for once cannot be asked for again: the code may not be given to the provider twice.
  const isLost = refusesCode || (losesAnswer && stage === 'delivering');
  if (signIn === 'Snowflake, loopback' && isLost) return 'start again';
  if (refusesCode) return 'refused';
  return startsAgain?.includes(stage) ? 'start again' : 'completed';
}

type Answer = (response: ServerResponse) => void;

/** A fault of the way to the server: everything that the extension asks is answered so, or what it asks of some paths. */
function everyAnswer(name: string, answer: Answer, path = /^/): Fault {
  return {
    name,
    async apply({ server }) {
      server.reverseProxy.intercept = (request, response) => {
        if (!path.test(request.url ?? '')) return false;
        answer(response);
        return true;
      };
    },
    lift: pass,
    losesAnswer: path.test('/provider/snowflake-cortex/oauth/callback'),
  };
}

function terminalAnswers(status: number): Fault {
  const answer: Answer = (response) => response.writeHead(status, json).end('{}');
  return { ...everyAnswer(`the terminal API answers ${status}`, answer, /^\/(api\/)?pty/), onlyBy: 'terminal' };
}

function mcpAnswers(what: string, answer: Answer): Fault {
  return { ...everyAnswer(`the MCP API answers ${what}`, answer, /^\/mcp$/), onlyBy: 'loopback' };
}

/** The server's word would be that the code was refused; instead comes what says neither that nor the contrary. */
function refusalHidden(name: string, answer: Answer): Fault {
  const fault = everyAnswer(`code refused, ${name}`, answer, callbackEndpoint);
  return { ...fault, refusesCode: true };
}

async function pass({ server }: Scene): Promise<void> {
  server.reverseProxy.intercept = undefined;
}

const html = { 'content-type': 'text/html' };
const json = { 'content-type': 'application/json' };
const cut: Answer = (response) => {
  response.writeHead(200, { ...json, 'content-length': '100' }).write('{"heal');
  response.destroy();
};

export const faults: Fault[] = [
  {
    name: 'background killed',
    ofBrowser: true,
    takesBoth: true,
    losesAnswer: true,
    apply: ({ browser }) => browser.suspendBackground(),
  },
  {
    name: 'tab closed',
    ofBrowser: true,
    apply: ({ tab }) => tab.close(),
    closesTab: true,
    // The provider's page was closed before it issued a code.
    startsAgain: ['armed'],
  },
  { name: 'page reloaded', ofBrowser: true, apply: ({ tab }) => tab.reload() },
  {
    name: 'Back pressed, then Forward',
    ofBrowser: true,
    async apply({ browser, tab }) {
      // While the user logs in there is nothing to go back to.
      if (!(await tab.url()).startsWith(browser.extensionUrl(''))) return;
      await tab.back();
      await tab.waitFor(allow);
      await tab.evaluate(() => window.history.forward(), undefined);
      await tab.waitForText('html[data-phase] [role=status]', /./);
    },
  },
  {
    name: 'server unreachable',
    ofBrowser: true,
    losesAnswer: true,
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
        void setTimeout(300).then(() => server.reverseProxy.pass(request, response));
        return true;
      };
    },
    lift: pass,
  },
  everyAnswer('connection cut in the answer', cut),
  everyAnswer('401', (response) => response.writeHead(401, { 'www-authenticate': 'Bearer' }).end()),
  everyAnswer('302 to a login page', (response) => {
    response.writeHead(302, { location: 'https://page.example.com/login' }).end();
  }),
  everyAnswer('HTML instead of JSON', (response) => response.writeHead(200, html).end('<!doctype html><p>Welcome')),
  {
    name: 'opencode restarted',
    apply: ({ server }) => server.opencode.restart(),
    // opencode keeps the verifier of a code (RFC 7636), and what it got for one, in its memory until the sign-in has ended.
    startsAgain: ['armed', 'captured', 'delivering'],
  },
  terminalAnswers(403),
  terminalAnswers(404),
  terminalAnswers(500),
  mcpAnswers('403', (response) => response.writeHead(403, json).end('{}')),
  mcpAnswers('404', (response) => response.writeHead(404, json).end('{}')),
  mcpAnswers('500', (response) => response.writeHead(500, json).end('{}')),
  mcpAnswers('HTML', (response) => response.writeHead(200, html).end('<!doctype html><p>Welcome')),
  mcpAnswers('half of it', cut),
  refusalHidden('connection cut in the answer', cut),
  refusalHidden('502 for the answer', (response) => response.writeHead(502, html).end('<h1>502</h1>')),
  refusalHidden('HTML for the answer', (response) => response.writeHead(200, html).end('<!doctype html><p>Welcome')),
  refusalHidden('JSON of something else for the answer', (response) => response.writeHead(200, json).end('{}')),
  {
    name: 'clock moved six minutes on',
    apply: ({ browser }) => browser.moveClock(6 * 60_000),
    lift: ({ browser }) => browser.moveClock(-6 * 60_000),
    // opencode waits five minutes for a code and then forgets its verifier. What was sent before that arrived in time.
    startsAgain: ['armed', 'captured'],
  },
];
