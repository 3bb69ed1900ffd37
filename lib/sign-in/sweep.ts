import { browser } from 'wxt/browser';
import { forgetStartsOfOthers } from '../methods/webUi';
import { DROP_UNUSED_HOSTS, dropUnusedHosts } from '../servers/hostPermission';
import { forgetCredentialsOfOthers, getServers } from '../servers/serverStore';
import { forgetOfferedSignIn, offerExpiry } from './offeredSignIn';
import { abandonSignInsOfOthers, ageSignIns, nextAging } from './progress';
import { forgetOldUnclaimed, nextUnclaimedExpiry } from './unclaimedResponse';

const SWEEP = 'sweep';

/** The same as `move`, which may change what there is to sweep up later: the next sweep is scheduled when it has ended. */
export function thenSweep<A extends unknown[], T>(move: (...given: A) => Promise<T>): (...given: A) => Promise<T> {
  return async (...given) => {
    try {
      return await move(...given);
    } finally {
      await scheduleSweep();
    }
  };
}

/** The time of an alarm has come: what is too old to be of use is dropped. */
export async function onAlarm({ name }: { name: string }): Promise<void> {
  if (name === DROP_UNUSED_HOSTS) return dropUnusedHosts(await getServers());
  await ageSignIns(Date.now());
  await forgetOldUnclaimed();
  if ((await offerExpiry()) <= Date.now()) await forgetOfferedSignIn();
  await scheduleSweep();
}

/** The servers have changed: what belongs to those that are gone is dropped, whoever removed them. */
export async function forgetOthers(): Promise<void> {
  await Promise.all([abandonSignInsOfOthers(), forgetStartsOfOthers(), forgetCredentialsOfOthers()]);
}

async function scheduleSweep(): Promise<void> {
  const due = Math.min(...(await Promise.all([nextAging(), nextUnclaimedExpiry(), offerExpiry()])));
  // What is overdue is swept up now, too. An alarm with nothing left to sweep up does no harm.
  if (due < Infinity) browser.alarms.create(SWEEP, { when: Math.max(due, Date.now()) + 1_000 });
}
