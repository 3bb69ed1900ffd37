/** Chromium freezes tabs in the background, which no other browser of ours does. The other ways to hang are in hanging-tab.spec. */

import { test } from '../fixtures.ts';
import { expectNothingHeldUp, stages } from '../hangingTab.ts';

for (const stage of stages) {
  test(`an opencode tab that the browser freezes ${stage} holds up no sign-in`, async ({ shared }) => {
    await expectNothingHeldUp(shared, stage, 'a freeze');
  });
}
