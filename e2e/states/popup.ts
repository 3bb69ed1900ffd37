import type { Tab, Target } from '../drivers/driver.ts';
import { allow, authorizeOn, followLinkTo } from '../pages/authorize.ts';
import { addServer } from '../pages/extension.ts';
import * as records from './records.ts';
import { holdAnswers, type Scene, type State, seedServers, seedSignIns, show } from './scene.ts';

const list = 'ul[aria-label=Servers]';
const status = '[role=status]';
const finder = { xpath: '//input[@type="search"]' } as const;
const more = { role: 'button', name: 'More about opencode.example.com' } as const;

function state(name: string, enter: State['enter'], leave?: State['leave']): State {
  return { name, page: 'popup', enter, ...(leave ? { leave } : {}) };
}

/** Every state of the popup that people see. */
export const popupStates: State[] = [
  state('empty', async (scene) => {
    await show(scene, 'popup.html');
    await scene.tab.waitFor({ role: 'button', name: 'Add server' });
  }),

  state('typing error', async (scene) => {
    await show(scene, 'popup.html');
    await addServer(scene.tab, 'ftp://opencode.example.com');
    await scene.tab.waitForText(status, /has to start with/);
  }),

  state('looking for opencode', async (scene) => {
    holdAnswers(scene.server);
    await show(scene, 'popup.html');
    await scene.tab.fill({ role: 'textbox', name: 'Server URL' }, scene.server.url);
    await scene.tab.click({ role: 'button', name: 'Add server' });
    await scene.tab.waitForText(status, /Looking for opencode/);
  }),

  state('server just added', async (scene) => {
    await show(scene, 'popup.html');
    await addServer(scene.tab, scene.server.url);
    await scene.tab.waitForText(list, /OpenAI not connected/);
  }),

  state('server not connected', async (scene) => {
    await showServer(scene, scene.server.url);
    await scene.tab.waitForText(list, /OpenAI not connected/);
  }),

  state(
    'server connected',
    async (scene) => {
      await haveOpenAi(scene, true);
      await showServer(scene, scene.server.url);
      await scene.tab.waitForText(list, /OpenAI connected/);
    },
    (scene) => haveOpenAi(scene, false),
  ),

  state('what to sign in to', async (scene) => {
    await showServer(scene, scene.server.url);
    await scene.tab.waitForText(list, /OpenAI not connected/);
    await scene.tab.click({ role: 'button', name: 'More sign-ins…' });
    await scene.tab.waitFor({ role: 'button', name: 'GitLab Duo GitLab OAuth' });
  }),

  state(
    'what to sign in to, and what is connected',
    async (scene) => {
      await haveOpenAi(scene, true);
      await showServer(scene, scene.server.url);
      await scene.tab.waitForText(list, /OpenAI connected/);
      await scene.tab.click({ role: 'button', name: 'More sign-ins…' });
      await scene.tab.waitFor({ role: 'button', name: 'OpenAI ChatGPT Pro/Plus (browser) Connected' });
    },
    (scene) => haveOpenAi(scene, false),
  ),

  state('somebody else may be waiting', async (scene) => {
    await authorizeOn(scene.server);
    await showServer(scene, scene.server.url);
    await scene.tab.waitForText(list, /OpenAI not connected/);
    await scene.tab.click({ role: 'button', name: 'Sign in to ChatGPT' });
    await scene.tab.waitFor({ role: 'button', name: 'Start mine' });
  }),

  state('the questions of a sign-in', async (scene) => {
    await showServer(scene, scene.server.url);
    await scene.tab.waitForText(list, /OpenAI not connected/);
    await scene.tab.click({ role: 'button', name: 'More sign-ins…' });
    await scene.tab.click({ role: 'button', name: 'GitLab Duo GitLab OAuth' });
    await scene.tab.waitFor({ role: 'textbox', name: 'GitLab instance URL' });
  }),

  state('server being checked', async (scene) => {
    holdAnswers(scene.server);
    await showServer(scene, scene.server.url);
    await scene.tab.waitForText(list, /Checking/);
  }),

  state('password asked for', async (scene) => {
    await showServer(scene, scene.locked.url);
    await scene.tab.waitForText(list, /asks for its password/);
  }),

  state('server unreachable', async (scene) => {
    await showServer(scene, 'https://down.example.com');
    await scene.tab.waitForText(list, /cannot be reached/);
  }),

  state('not opencode', async (scene) => {
    scene.server.reverseProxy.intercept = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome to nginx!</h1>');
      return true;
    };
    await showServer(scene, scene.server.url);
    await scene.tab.waitForText(list, /was not found/);
  }),

  state('gateway login', async (scene) => {
    scene.server.reverseProxy.intercept = (_, response) => {
      response.writeHead(302, { location: 'https://page.example.com/login' }).end();
      return true;
    };
    await showServer(scene, scene.server.url);
    await scene.tab.waitForText(list, /login page/);
  }),

  state('details', async (scene) => {
    await showDetails(scene);
  }),

  state('details, and all that a sign-in needs', async (scene) => {
    await showDetails(scene);
    await scene.tab.click({ role: 'button', name: 'Check what a sign-in needs' });
    await scene.tab.waitForText('.self-check', /Port 1455/);
  }),

  state('details, and what a sign-in lacks', async (scene) => {
    await showServer(scene, scene.locked.url);
    await scene.tab.click({ role: 'button', name: 'More about team.example.com' });
    await scene.tab.click({ role: 'button', name: 'Check what a sign-in needs' });
    await scene.tab.waitForText('.self-check', /Port 1455/);
  }),

  state('details with a callback URL', async (scene) => {
    await showDetails(scene);
    await scene.tab.click(choice('Through a callback URL'));
    await scene.tab.fill({ role: 'textbox', name: 'Callback URL' }, 'https://opencode.example.com/auth/callback');
  }),

  state('details with a wrong callback URL', async (scene) => {
    await showDetails(scene);
    await scene.tab.click(choice('Through a callback URL'));
    await scene.tab.fill({ role: 'textbox', name: 'Callback URL' }, 'https://localhost:1455/auth/callback');
    await scene.tab.click({ role: 'button', name: 'Save' });
    await scene.tab.waitForText(status, /leads to this computer/);
  }),

  state('details of a named server with a stored password', async (scene) => {
    await seedServers(scene, [{ url: scene.locked.url, name: 'Team server' }]);
    await scene.browser.background(
      ({ storage }, url) =>
        storage.local.set({ credentials: { [url]: { username: 'opencode', password: 'correct-horse' } } }),
      scene.locked.url,
    );
    await show(scene, 'popup.html');
    await scene.tab.waitForText(list, /opencode 1/);
    await scene.tab.click({ role: 'button', name: 'More about Team server' });
    await scene.tab.waitFor({ role: 'button', name: 'Forget password' });
  }),

  state('removed with undo', async (scene) => {
    await seedServers(scene, [{ url: scene.server.url }, { url: scene.locked.url, name: 'Team server' }]);
    await show(scene, 'popup.html');
    await scene.tab.waitForText(list, /OpenAI not connected/);
    await scene.tab.click(more);
    await scene.tab.click({ role: 'button', name: 'Remove' });
    await scene.tab.waitFor({ role: 'button', name: 'Undo' });
    await untilAllAreChecked(scene);
  }),

  state('fifty servers', async (scene) => {
    await showFifty(scene);
    // Those that are to be seen.
    for (const place of [1, 2, 3, 4, 5]) await scene.tab.waitForText(`${list} li:nth-child(${place})`, /opencode 1/);
  }),

  state('fifty servers filtered', async (scene) => {
    await showFifty(scene);
    await scene.tab.fill(finder, 'Berlin 4');
    await scene.tab.waitForText(`${list} li`, /Berlin 4.*opencode 1/s);
  }),

  state('fifty servers and no match', async (scene) => {
    await showFifty(scene);
    await scene.tab.fill(finder, 'Atlantis');
    await scene.tab.waitForText('main', /No server has/);
  }),

  state('very long names', async (scene) => {
    const path = '/departments/research-and-development/experimental-infrastructure/opencode';
    below(scene, path);
    await seedServers(scene, [
      { url: `${scene.server.url}${path}`, name: 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbau 1' },
      { url: `${scene.server.url}${path}/a-second-one-that-is-just-as-hard-to-tell-from-the-first` },
      { url: `https://${'a-subdomain-that-nobody-can-remember.'.repeat(3)}example.com` },
    ]);
    await show(scene, 'popup.html');
    await untilAllAreChecked(scene);
  }),

  state('recent sign-ins', async (scene) => {
    await seedServers(scene, [{ url: scene.server.url }]);
    await seedSignIns(scene, [
      records.waiting(),
      // Others than ChatGPT: the server is not signed in to that, and a newer sign-in to it takes an older one's place.
      records.completed({ minutesAgo: 1, target: { kind: 'provider', id: 'gitlab', label: 'GitLab', method: 0 } }),
      records.failed('server-unreachable', {
        minutesAgo: 2,
        target: { kind: 'provider', id: 'poe', label: 'Poe', method: 0 },
      }),
      records.failed('refused-by-provider', { minutesAgo: 3 }),
    ]);
    await show(scene, 'popup.html');
    await scene.tab.waitForText(list, /OpenAI not connected/);
    await scene.tab.waitForText('ul[aria-label="Recent sign-ins"]', /did not allow/);
  }),

  state('recent sign-in whose response something else got, too', async (scene) => {
    await seedServers(scene, [{ url: scene.server.url }]);
    await seedSignIns(scene, [records.diverted()]);
    await show(scene, 'popup.html');
    await scene.tab.waitForText(list, /OpenAI not connected/);
    await scene.tab.waitForText('ul[aria-label="Recent sign-ins"]', /Something else/);
  }),

  state('opencode in this tab', async (scene) => {
    await showBehind(scene, `${scene.server.url}/global/health`);
    await scene.tab.waitFor({ role: 'button', name: 'Use opencode.example.com' });
    await scene.tab.bringToFront();
  }),

  state('sign-in offered, its server known', async (scene) => {
    await startElsewhere(scene);
    await show(scene, 'popup.html');
    await scene.tab.waitFor({ role: 'button', name: 'Add opencode.example.com and finish this sign-in there' });
  }),

  state('sign-in offered, its server unknown, opencode in this tab', async (scene) => {
    await scene.browser.withdrawHost('https://*.example.com/*');
    await startElsewhere(scene);
    await scene.browser.grantHost('https://*.example.com/*');
    await showBehind(scene, `${scene.server.url}/global/health`);
    await scene.tab.waitFor({ role: 'button', name: 'Add opencode.example.com and finish this sign-in there' });
    await scene.tab.bringToFront();
  }),

  state('sign-in offered, its server unknown', async (scene) => {
    await seedServers(scene, [{ url: scene.locked.url }]);
    await scene.browser.withdrawHost('https://*.example.com/*');
    await startElsewhere(scene);
    await scene.browser.grantHost('https://*.example.com/*');
    await show(scene, 'popup.html');
    await scene.tab.waitFor({ role: 'button', name: 'It started on team.example.com' });
    await scene.tab.waitForText(list, /asks for its password/);
  }),

  state(
    'permission for the server withdrawn',
    async (scene) => {
      await scene.browser.withdrawHost('https://*.example.com/*');
      await showServer(scene, scene.server.url);
      await scene.tab.waitForText(list, /may not access/);
    },
    (scene) => scene.browser.grantHost('https://*.example.com/*'),
  ),

  state(
    'permission to see sign-ins withdrawn',
    async (scene) => {
      await scene.browser.withdrawHost('https://auth.openai.com/*');
      await showServer(scene, scene.server.url);
      await scene.tab.waitForText('.notice', /does not let this extension see sign-ins/);
      await scene.tab.waitForText(list, /OpenAI not connected/);
    },
    (scene) => scene.browser.grantHost('https://auth.openai.com/*'),
  ),
];

async function showServer(scene: Scene, url: string): Promise<void> {
  await seedServers(scene, [{ url }]);
  await show(scene, 'popup.html');
}

async function untilAllAreChecked({ tab }: Scene): Promise<void> {
  await tab.waitForText(list, /^(?!.*Checking…)/s);
}

async function showDetails(scene: Scene): Promise<void> {
  await showServer(scene, scene.server.url);
  await scene.tab.waitForText(list, /OpenAI not connected/);
  await scene.tab.click(more);
  await scene.tab.waitFor({ role: 'button', name: 'Remove' });
}

function choice(label: string): Target {
  return { xpath: `//label[normalize-space()="${label}"]/input` };
}

/** Puts opencode below a path, and all that is under it. */
function below({ server }: Scene, path: string): void {
  server.reverseProxy.intercept = (request) => {
    const api = /\/(global|config)\/.*$/.exec(request.url ?? '');
    if (request.url?.startsWith(path) && api) request.url = api[0];
    return false;
  };
}

/** Shows the popup with fifty servers, all of them opencode. */
export async function showFifty(scene: Scene): Promise<void> {
  const towns = ['Amsterdam', 'Berlin', 'Chicago', 'Dakar', 'Edinburgh'];
  const names = towns.flatMap((town) => Array.from({ length: 10 }, (_, index) => `${town} ${index + 1}`));
  below(scene, '/');
  await seedServers(
    scene,
    names.map((name) => ({ url: `${scene.server.url}/${name.toLowerCase().replace(' ', '-')}`, name })),
  );
  await show(scene, 'popup.html');
}

/** opencode itself says whether it is signed in to OpenAI: here with an API key, which is stored without a login. */
async function haveOpenAi({ server }: Scene, isConnected: boolean): Promise<void> {
  await server.opencode.fetch('/auth/openai', {
    method: isConnected ? 'PUT' : 'DELETE',
    headers: { 'content-type': 'application/json' },
    ...(isConnected ? { body: JSON.stringify({ type: 'api', key: 'made-up' }) } : {}),
  });
  await server.opencode.fetch('/instance/dispose', { method: 'POST' });
}

/** Loads the popup while another tab is the one that the user is on, as the toolbar does; answers that tab. */
export async function showBehind(scene: Scene, url: string): Promise<Tab> {
  await show(scene, 'popup.html');
  const site = await scene.browser.newTab(url);
  await site.bringToFront();
  await scene.tab.reload();
  return site;
}

/** A sign-in starts on a server that was not added. */
async function startElsewhere({ browser, server }: Scene): Promise<void> {
  const page = await browser.newTab(`${server.url}/global/health`);
  const provider = await followLinkTo(browser, page, await authorizeOn(server));
  await provider.waitFor(allow);
  await provider.close();
  await page.close();
}
