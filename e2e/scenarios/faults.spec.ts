/**
 * The fault matrix, in both browsers: what may go wrong with the browser, its tabs and the network while the user signs in to
 * ChatGPT. What is the same in all browsers is in faults.chromium.spec.
 */
import { checkCell } from '../faultMatrix.ts';
import { faults, stages } from '../faults.ts';
import { test } from '../fixtures.ts';

for (const fault of faults.filter(({ ofBrowser }) => ofBrowser)) {
  for (const stage of stages) {
    test(`${fault.name} while ${stage} loses no code of ChatGPT's that could be used, and is shown as it is`, async ({
      shared,
    }) => {
      await checkCell(shared, 'ChatGPT, loopback', fault, stage);
    });
  }
}
