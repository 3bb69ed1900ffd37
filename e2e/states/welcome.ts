import { addServer } from '../pages/extension.ts';
import { type State, show } from './scene.ts';

function state(name: string, enter: State['enter']): State {
  return { name, page: 'welcome', enter };
}

/** Every state of the welcome page that people see. */
export const welcomeStates: State[] = [
  state('empty', async (scene) => {
    await show(scene, 'welcome.html');
    await scene.tab.waitFor({ role: 'button', name: 'Add server' });
  }),

  state('not found', async (scene) => {
    await show(scene, 'welcome.html');
    await addServer(scene.tab, 'https://down.example.com');
    await scene.tab.waitForText('[role=status]', /cannot be reached/);
  }),

  state('done', async (scene) => {
    await show(scene, 'welcome.html');
    await addServer(scene.tab, scene.server.url);
    await scene.tab.waitForText('.begin', /OpenAI not connected/);
  }),

  state('what to sign in to', async (scene) => {
    await show(scene, 'welcome.html');
    await addServer(scene.tab, scene.server.url);
    await scene.tab.click({ role: 'button', name: 'More sign-ins…' });
    await scene.tab.waitFor({ role: 'button', name: 'GitLab Duo GitLab OAuth' });
  }),

  state('password asked for', async (scene) => {
    await show(scene, 'welcome.html');
    await addServer(scene.tab, scene.locked.url);
    await scene.tab.waitForText('.begin', /asks for its password/);
  }),
];
