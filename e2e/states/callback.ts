import { failureNames } from '../../lib/opencode/failure.ts';
import type { SignIn } from '../../lib/sign-in/signIn.ts';
import { authorizeOn } from '../pages/authorize.ts';
import * as records from './records.ts';
import { holdDelivery, type Scene, type State, seedServers, seedSignIns, show } from './scene.ts';

const status = '[role=status]';
const addAndFinish = { role: 'button', name: 'Add opencode.example.com and finish this sign-in there' } as const;

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
    await scene.tab.goto('http://localhost:1455/auth/callback?code=ac_made_up&state=of-nobody-here');
    await scene.tab.waitFor({ role: 'button', name: 'Send to opencode.example.com' });
  }),

  state('unclaimed, several servers', async (scene) => {
    await seedServers(scene, [
      { url: scene.server.url },
      { url: scene.locked.url, name: 'Team server' },
      { url: 'https://down.example.com' },
    ]);
    await scene.tab.goto('http://localhost:1455/auth/callback?code=ac_made_up&state=of-nobody-here');
    await scene.tab.waitFor({ role: 'button', name: 'Send to down.example.com' });
  }),

  state('unknown', async (scene) => {
    await show(scene, 'callback.html#of-another-day');
    await scene.tab.waitForText(status, /no sign-in to show/);
  }),
];

async function showSignIn(scene: Scene, signIn: SignIn): Promise<void> {
  await seedServers(scene, [{ url: signIn.server }]);
  await seedSignIns(scene, [signIn]);
  await show(scene, `callback.html#${signIn.id}`);
}

/** A sign-in that started on a server that was not added comes back, in the tab that is to show the page. */
async function arriveElsewhere({ server, world, tab }: Scene): Promise<void> {
  world.identityProvider.remembersUser = true;
  await tab.goto(`${server.url}/global/health`);
  await tab.evaluate((href) => window.location.assign(href), await authorizeOn(server));
  await tab.waitForText(status, /nothing here is waiting/);
  world.identityProvider.remembersUser = false;
}
