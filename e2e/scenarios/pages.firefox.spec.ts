/** Some states of each page in Firefox; all of them, and more of each, are in pages.chromium.spec.ts. */
import { expect } from '../fixtures.ts';
import { findBarriers, findCut } from '../states/checks.ts';
import { test } from '../states/fixture.ts';
import { fileNameOf, states } from '../states/states.ts';

const chosen = [
  'popup-empty',
  'popup-details-with-a-wrong-callback-URL',
  'popup-password-asked-for',
  'popup-very-long-names',
  'popup-recent-sign-ins',
  'callback-completed',
  'callback-failed-terminal-unavailable',
  'callback-unclaimed-several-servers',
  'welcome-empty',
];

for (const state of states.filter((state) => chosen.includes(fileNameOf(state)))) {
  test(`${state.page}, ${state.name}: everybody can read and use it`, async ({ scene }) => {
    await state.enter(scene);
    for (const width of [380, 1280, 320]) {
      await scene.tab.resize(width, 800);
      expect(await findCut(scene.tab)).toEqual([]);
    }
    expect(await findBarriers(scene.tab)).toEqual([]);
    await state.leave?.(scene);
  });
}
