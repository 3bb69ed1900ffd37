import { disarmCaptureRules } from '../browser/captureRule';
import { getServerUrls } from '../servers/serverStore';
import { showBadge } from './badge';
import { isArmed, type SignIn, type SignInView, viewOf } from './signIn';
import { changeSignIns, getSignIns } from './signInStore';
import { abandon, age, agesAt } from './transitions';

type Transition = (signIn: SignIn) => SignIn;

/** Moves one sign-in by a transition, tells the pages, and answers how it stands now. */
export function advance(id: string, transition: Transition): Promise<SignIn | undefined> {
  return advanceFirst((signIn) => (signIn.id === id ? transition(signIn) : undefined));
}

/** The same for the first sign-in that a transition is for: it answers nothing for any other. */
export async function advanceFirst(transition: (signIn: SignIn) => SignIn | undefined): Promise<SignIn | undefined> {
  let moved: SignIn | undefined;
  await moveEach(() => (signIn) => {
    if (moved) return signIn;
    moved = transition(signIn);
    return moved ?? signIn;
  });
  return moved;
}

/** Lets every sign-in age: expired ones drop their codes, old ones their capture rules. */
export function ageSignIns(now: number): Promise<void> {
  return moveEach(() => (signIn) => age(signIn, now));
}

/**
 * The servers have changed: nothing goes to one that is not among them any more. They are read when nothing else moves a
 * sign-in: one that has started on a server that was just added is not of another.
 */
export function abandonSignInsOfOthers(): Promise<void> {
  return moveEach(async () => {
    const known = new Set(await getServerUrls());
    return (signIn) => (known.has(signIn.server) ? signIn : abandon(signIn, 'server-removed', Date.now()));
  });
}

/** @param find what each is moved by, found when nothing else moves one */
async function moveEach(find: () => Transition | Promise<Transition>): Promise<void> {
  const changed = await changeSignIns(async (all) => {
    const after = all.map(await find());
    await disarmEnded(all, after);
    return after;
  });
  announce(changed);
}

/** When a sign-in will next age, in milliseconds since the epoch; infinity when nothing is under way. */
export async function nextAging(): Promise<number> {
  return Math.min(...(await getSignIns()).flatMap((signIn) => agesAt(signIn) ?? []));
}

/** Tells the pages, and the toolbar icon, how these sign-ins stand. Nobody waits for that. */
export function announce(signIns: SignIn[]): void {
  for (const signIn of signIns) tellPages(viewOf(signIn));
  void showBadge();
}

let tellPages: (signIn: SignInView) => void = () => {};

/** Sets how the pages are told that a sign-in has moved. To be called once, when the background starts. */
export function tellPagesBy(tell: (signIn: SignInView) => void): void {
  tellPages = tell;
}

/** Takes away the capture rules of sign-ins that were armed and are no more. */
export async function disarmEnded(before: SignIn[], after: SignIn[]): Promise<void> {
  const stillArmed = new Set(rulesOf(after));
  await disarmCaptureRules(rulesOf(before).filter((ruleId) => !stillArmed.has(ruleId)));
}

function rulesOf(signIns: SignIn[]): number[] {
  return signIns.filter(isArmed).map(({ armed }) => armed.ruleId);
}
