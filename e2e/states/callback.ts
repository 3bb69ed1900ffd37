import { failureNames } from '../../lib/opencode/failure.ts';
import type { SignIn } from '../../lib/sign-in/signIn.ts';
import { authorizeOn } from '../pages/authorize.ts';
import type { RemoteServer } from '../world/world.ts';
import * as records from './records.ts';
import { holdDelivery, type Scene, type State, seedServers, seedSignIns, show } from './scene.ts';

const status = '[role=status]';
const addAndFinish = { role: 'button', name: 'Add opencode.example.com and finish this sign-in there' } as const;

/** What a delivery writes down: see lib/opencode/trace.ts. */
function traceFrom(startedAt: number): string[] {
  const lines = [
    'tab GET global 200',
    'opencode 1.18.33',
    'route loopback',
    'tab POST mcp 200',
    'tab POST provider 502',
  ];
  return lines.map((line, index) => `${startedAt + index * 40} ${line}`);
}

function state(name: string, enter: State['enter']): State {
  return { name, page: 'callback', enter };
}

/** Every state of the capture page that people see. */
export const callbackStates: State[] = [
  state('sending', async (scene) => {
    holdDelivery(scene.server);
    await showSignIn(scene, records.captured());
    await scene.tab.waitForText(status, /Sending/);
  }),

  state('exchanging', async (scene) => {
    holdDelivery(scene.server, '/provider/openai/oauth/callback');
    const state = new URL(await authorizeOn(scene.server)).searchParams.get('state') ?? '';
    await showSignIn(scene, records.captured({ state }));
    await scene.tab.waitForText(status, /opencode is finishing/);
  }),

  state('completed', async (scene) => {
    await showSignIn(scene, records.completed());
    await scene.tab.waitForText('.closing', /closes in/);
    // Time counts while the page is seen.
    await scene.tab.evaluate(() => Object.defineProperty(document, 'hidden', { value: true }) && undefined, undefined);
  }),

  ...failureNames.map((name) =>
    state(`failed, ${name}`, async (scene) => {
      await showSignIn(scene, records.failed(name));
      await scene.tab.waitForText(`html[data-phase=failed] ${status}`, /./);
    }),
  ),

  state('failed, its details copied', async (scene) => {
    const signIn = records.failed('answer-unclear');
    await showSignIn(scene, { ...signIn, trace: traceFrom(signIn.startedAt) });
    await scene.tab.click({ role: 'button', name: 'Copy details for a report' });
    await scene.tab.waitForText('.report [role=status]', /Copied/);
  }),

  state('unclaimed, its server known', async (scene) => {
    await arriveElsewhere(scene);
    await scene.tab.waitFor(addAndFinish);
  }),

  state('unclaimed, no opencode where it started', async (scene) => {
    await arriveElsewhere(scene);
    scene.server.reverseProxy.intercept = (_, response) => {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Our intranet</h1>');
      return true;
    };
    await scene.tab.click(addAndFinish);
    await scene.tab.waitFor({ role: 'button', name: 'Add server' });
  }),

  state('unclaimed, one server', async (scene) => {
    await seedServers(scene, [{ url: scene.server.url }]);
    hideListener(scene.server);
    await scene.tab.goto('http://localhost:1455/auth/callback?code=ac_made_up&state=of-nobody-here');
    await scene.tab.waitFor({ role: 'button', name: 'Send to opencode.example.com' });
  }),

  state('unclaimed, several servers', async (scene) => {
    await seedServers(scene, [
      { url: scene.server.url },
      { url: scene.locked.url, name: 'Team server' },
      { url: 'https://down.example.com' },
    ]);
    hideListener(scene.server);
    await scene.tab.goto('http://localhost:1455/auth/callback?code=ac_made_up&state=of-nobody-here');
    await scene.tab.waitFor({ role: 'button', name: 'Send to down.example.com' });
  }),

  state('unclaimed, where one is waiting', async (scene) => {
    await seedServers(scene, [{ url: scene.locked.url, name: 'Team server' }, { url: scene.server.url }]);
    await authorizeOn(scene.server);
    await scene.tab.goto('http://localhost:1455/auth/callback?code=ac_made_up&state=of-nobody-here');
    await scene.tab.waitForText(status, /may be waiting on opencode\.example\.com/);
  }),

  state('unclaimed, in another tab than its own', async (scene) => {
    const waiting = records.waiting({ state: 'a-state-that-cannot-be-guessed' });
    await seedServers(scene, [{ url: scene.server.url }]);
    await seedSignIns(scene, [waiting]);
    await scene.tab.goto('http://localhost:1455/auth/callback?code=ac_made_up&state=a-state-that-cannot-be-guessed');
    await scene.tab.waitForText(status, /in another tab/);
  }),

  state('unclaimed, where the last one was started', async (scene) => {
    await seedServers(scene, [{ url: scene.server.url }, { url: scene.locked.url, name: 'Team server' }]);
    await seedStart(scene, scene.locked.url);
    await scene.tab.goto('http://localhost:1455/auth/callback?code=ac_made_up&state=of-nobody-here');
    await scene.tab.waitForText(status, /was started on Team server/);
  }),

  state('unknown', async (scene) => {
    await show(scene, 'callback.html#of-another-day');
    await scene.tab.waitForText(status, /no sign-in to show/);
  }),
];

/** Nobody can say whether a sign-in waits there: an earlier state may have left one. */
function hideListener({ reverseProxy }: RemoteServer): void {
  reverseProxy.intercept = (request, response) => {
    if (request.url !== '/mcp') return false;
    response.writeHead(404).end();
    return true;
  };
}

/** What it leaves when a sign-in is seen to start in a server's web UI, and its link is not. */
async function seedStart({ browser }: Scene, url: string): Promise<void> {
  const starts = { [url]: [{ path: '/provider/openai/oauth', at: Date.now() }] };
  await browser.background(
    // As the extension does: at a change of servers it reads all starts, and writes those of servers that are still there.
    ({ storage }, value) =>
      navigator.locks.request('web-ui-starts', () => storage.session.set({ 'web-ui-starts': value })),
    starts,
  );
}

async function showSignIn(scene: Scene, signIn: SignIn): Promise<void> {
  await seedServers(scene, [{ url: signIn.server }]);
  await seedSignIns(scene, [signIn]);
  await show(scene, `callback.html#${signIn.id}`);
}

/** A sign-in that started on a server that was not added comes back, in the tab that is to show the page. */
async function arriveElsewhere({ server, world, tab }: Scene): Promise<void> {
  world.providers.chatgpt.remembersUser = true;
  await tab.goto(`${server.url}/global/health`);
  await tab.evaluate((href) => window.location.assign(href), await authorizeOn(server));
  await tab.waitForText(status, /nothing here is waiting/);
  world.providers.chatgpt.remembersUser = false;
}
