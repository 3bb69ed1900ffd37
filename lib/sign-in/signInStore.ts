import { signIns } from '../storage';
import { isArmed, SignIn, type SignInView, viewOf } from './signIn';

/** Every sign-in. A browser restart forgets them, and their capture rules with them. */
export async function getSignIns(): Promise<SignIn[]> {
  return (await signIns.getValues()).flatMap((record) => SignIn.safeParse(record).data ?? []);
}

export async function getSignIn(id: string): Promise<SignIn | undefined> {
  return SignIn.safeParse(await signIns.getValue(id)).data;
}

/** How a sign-in stands, for a page. */
export async function viewSignIn(id: string): Promise<SignInView | undefined> {
  const signIn = await getSignIn(id);
  return signIn && viewOf(signIn);
}

/**
 * Changes all sign-ins in one step, one change at a time across the background and every page.
 * @returns those that the change touched, as they are now
 */
export function changeSignIns(change: (all: SignIn[]) => SignIn[] | Promise<SignIn[]>): Promise<SignIn[]> {
  return navigator.locks.request('sign-ins', async () => {
    const before = await getSignIns();
    const after = forgetOld(await change(before));
    const changed = after.filter((signIn) => !before.includes(signIn));
    const forgotten = before.filter(({ id }) => !after.some((signIn) => signIn.id === id));
    await signIns.removeValues(...forgotten.map(({ id }) => id));
    const records = Object.fromEntries(changed.map((signIn) => [signIn.id, signIn]));
    await signIns.setValues(records).catch(async () => {
      // The area is full: what has ended makes room for what is under way.
      const over = after.filter((signIn) => isOver(signIn) && !changed.includes(signIn));
      await signIns.removeValues(...over.map(({ id }) => id));
      await signIns.setValues(records);
    });
    return changed;
  });
}

/** How many ended sign-ins are remembered. */
const REMEMBERED = 20;

/** Keeps what is under way or armed, and the newest of what has ended. */
function forgetOld(all: SignIn[]): SignIn[] {
  const ended = all.filter(isOver).sort((a, b) => b.startedAt - a.startedAt);
  const forgotten = new Set(ended.slice(REMEMBERED));
  return all.filter((signIn) => !forgotten.has(signIn));
}

function isOver(signIn: SignIn): boolean {
  return 'endedAt' in signIn && !isArmed(signIn);
}
