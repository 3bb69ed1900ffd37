import { browser } from 'wxt/browser';
import { isArmed, SignIn } from './signIn';

/**
 * One record per sign-in, each an item of its own, so that a change writes one and not all. In memory only: a browser
 * restart forgets them, and their capture rules with them.
 */
const PREFIX = 'sign-in:';

export async function getSignIns(): Promise<SignIn[]> {
  const items = Object.entries(await browser.storage.session.get());
  return items.flatMap(([key, record]) => (key.startsWith(PREFIX) ? (SignIn.safeParse(record).data ?? []) : []));
}

export async function getSignIn(id: string): Promise<SignIn | undefined> {
  return SignIn.safeParse((await browser.storage.session.get(PREFIX + id))[PREFIX + id]).data;
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
    if (forgotten.length > 0) await browser.storage.session.remove(forgotten.map(({ id }) => PREFIX + id));
    const items = Object.fromEntries(changed.map((signIn) => [PREFIX + signIn.id, signIn]));
    await browser.storage.session.set(items).catch(async () => {
      // The area is full: what has ended makes room for what is under way.
      const over = after.filter((signIn) => isOver(signIn) && !changed.includes(signIn));
      await browser.storage.session.remove(over.map(({ id }) => PREFIX + id));
      await browser.storage.session.set(items);
    });
    return changed;
  });
}

/** How many ended sign-ins are remembered. */
const REMEMBERED = 20;

/** Keeps what is under way or armed, and the newest of what has ended. */
function forgetOld(signIns: SignIn[]): SignIn[] {
  const ended = signIns.filter(isOver).sort((a, b) => b.startedAt - a.startedAt);
  const forgotten = new Set(ended.slice(REMEMBERED));
  return signIns.filter((signIn) => !forgotten.has(signIn));
}

function isOver(signIn: SignIn): boolean {
  return 'endedAt' in signIn && !isArmed(signIn);
}
