import * as z from '../schema';
import { storedValue } from '../storedValue';
import { SignIn } from './signIn';

/** One record per sign-in, by id. In memory only: a browser restart forgets them, and their capture rules with them. */
const signIns = storedValue('session', 'sign-ins');

const SignIns = z.record(z.unknown);

export async function getSignIns(): Promise<SignIn[]> {
  const records = Object.values(z.read(SignIns, await signIns.getValue()) ?? {});
  return records.flatMap((record) => z.read(SignIn, record) ?? []);
}

export async function getSignIn(id: string): Promise<SignIn | undefined> {
  return (await getSignIns()).find((signIn) => signIn.id === id);
}

/**
 * Changes all sign-ins in one step, one change at a time across the background and every page.
 * @returns those that the change touched, as they are now
 */
export function changeSignIns(change: (all: SignIn[]) => SignIn[] | Promise<SignIn[]>): Promise<SignIn[]> {
  return navigator.locks.request('sign-ins', async () => {
    const before = await getSignIns();
    const after = forgetOld(await change(before));
    await signIns.setValue(Object.fromEntries(after.map((signIn) => [signIn.id, signIn])));
    return after.filter((signIn) => !before.includes(signIn));
  });
}

/** How many ended sign-ins are remembered. */
const REMEMBERED = 20;

/** Keeps what is under way or armed, and the newest of what has ended. */
function forgetOld(signIns: SignIn[]): SignIn[] {
  const isOver = (signIn: SignIn) => 'endedAt' in signIn && !('armed' in signIn && signIn.armed);
  const ended = signIns.filter(isOver).sort((a, b) => b.startedAt - a.startedAt);
  const forgotten = new Set(ended.slice(REMEMBERED));
  return signIns.filter((signIn) => !forgotten.has(signIn));
}
