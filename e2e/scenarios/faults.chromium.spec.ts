/**
 * The fault matrix, in one browser: faults of the server's side, by both routes; and the faults of both for a provider whose
 * outcome can be asked for only once. What the browser matters for is in faults.spec.
 */
import { everyDay } from '../everyDay.ts';
import { checkCell } from '../faultMatrix.ts';
import { type Fault, faults, type SignIn, type Stage, stages } from '../faults.ts';
import { test } from '../fixtures.ts';

/** The faults that each sign-in meets here. */
const tried: Record<SignIn, (fault: Fault) => boolean> = {
  'ChatGPT, loopback': ({ ofBrowser, onlyBy }) => !ofBrowser && onlyBy !== 'terminal',
  'ChatGPT, terminal': ({ ofBrowser, takesBoth, onlyBy }) =>
    (!ofBrowser || takesBoth === true) && onlyBy !== 'loopback',
  // One refusal is enough: an answer that tells nothing of it is the same to this sign-in, whatever it is.
  'Snowflake, loopback': ({ name, onlyBy, refusesCode }) => !onlyBy && (!refusesCode || name.includes('502')),
};

/** The terminal is waited for as long, whatever cuts the way to it. */
const cutAlike = /^(connection cut in the answer|401|302)/;

/**
 * Until the response leaves every sign-in goes the same way, whatever it is to; and what has gone wrong by the time that it is
 * taken goes on as what goes wrong before.
 */
function isRepeated(signIn: SignIn, { name, onlyBy }: Fault, stage: Stage): boolean {
  if (stage === 'captured') return true;
  if (stage === 'delivering') return signIn === 'ChatGPT, terminal' && cutAlike.test(name);
  return signIn !== 'ChatGPT, loopback' && !onlyBy;
}

for (const [signIn, isTried] of Object.entries(tried) as [SignIn, (fault: Fault) => boolean][]) {
  for (const fault of faults.filter(isTried)) {
    for (const stage of stages) {
      const title = `${fault.name} while ${stage} loses no code that could be used, and is shown as it is (${signIn})`;
      test(title, { tag: isRepeated(signIn, fault, stage) ? everyDay : [] }, async ({ shared }) => {
        await checkCell(shared, signIn, fault, stage);
      });
    }
  }
}
