import { type State, show } from './scene.ts';

/** The page of the settings. */
export const optionsStates: State[] = [
  {
    name: 'settings',
    page: 'options',
    async enter(scene) {
      await show(scene, 'options.html');
      await scene.tab.waitFor({ role: 'button', name: 'Copy details for a report' });
    },
  },
];
