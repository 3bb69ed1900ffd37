import { browser } from 'wxt/browser';
import * as z from 'zod/mini';
import { lookedAt } from '../storage';
import { getOfferedSignIn } from './offeredSignIn';
import { type SignIn, type SignInView, viewOf } from './signIn';
import { getSignIns } from './signInStore';

const quiet = '#5f6368';
const alarming = '#b3261e';

/**
 * Marks the toolbar icon: quietly while a sign-in is under way or is offered, and loudly for what the user has not looked at
 * yet: a failure, or a response that something else got, too.
 */
export function showBadge(): Promise<void> {
  // One after the other, also after one that failed: the last one to look is the last one to write.
  shown = shown.then(update, update);
  return shown;
}

let shown = Promise.resolve();

async function update(): Promise<void> {
  const since = z.number().safeParse(await lookedAt.getValue()).data ?? 0;
  const signIns = await getSignIns();
  const mark = markOf(signIns, since) || ((await getOfferedSignIn()) ? '+' : '');
  await browser.action.setBadgeBackgroundColor({ color: mark === '!' ? alarming : quiet });
  await browser.action.setBadgeText({ text: mark });
}

/** The user looks at how the sign-ins stand: a failure needs no mark any more. @returns them, the newest first */
export async function lookAtSignIns(): Promise<SignInView[]> {
  await lookedAt.setValue(Date.now());
  await showBadge();
  return (await getSignIns()).map(viewOf).sort((a, b) => b.startedAt - a.startedAt);
}

/** @param since what happened before this moment is known to the user */
export function markOf(signIns: SignIn[], since: number): '' | '…' | '!' {
  const newest = signIns.toSorted((a, b) => b.startedAt - a.startedAt);
  // A superseded sign-in needs no mark: the user started the newer one.
  const failed = newest.some(
    (signIn) => signIn.phase === 'failed' && signIn.endedAt > since && signIn.failure.name !== 'superseded',
  );
  const isDiverted = newest.some(({ arrival }) => (arrival?.divertedAt ?? 0) > since);
  if (isDiverted || (failed && newest[0]?.phase !== 'completed')) return '!';
  return newest.some(({ phase }) => phase === 'waiting' || phase === 'captured' || phase === 'delivering') ? '…' : '';
}
