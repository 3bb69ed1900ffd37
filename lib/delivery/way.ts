import * as z from 'zod/mini';
import type { Failure } from '../opencode/failure';
import { openSession } from '../opencode/session';
import { getServer } from '../servers/serverStore';
import type { ServerUrl } from '../servers/serverUrl';
import { ways } from '../storage';
import { learnServer } from './learnServer';
import { Loopback } from './loopbackRoute';
import type { Learnt, Origin } from './origin';
import { tryTerminal } from './terminalRoute';

/** How a server's responses get to its listeners, and what that follows from: for the user to see. */
export const Way = z.object({ loopback: Loopback, hasTerminal: z.boolean() });
export type Way = z.infer<typeof Way>;

/** By server, as it was last found out, while a sign-in was under way. */
const Ways = z.record(z.string(), Way);

export async function wayTo(server: ServerUrl): Promise<Way | undefined> {
  return Ways.safeParse(await ways.getValue()).data?.[server];
}

/**
 * Asks a server what a delivery has to know, by requests that carry nothing, and notes how responses would get there. Where they
 * would need a process there, one that does nothing is tried.
 * @param isWanted whether that is still worth it when all else is known
 * @returns undefined when it does not serve the sign-in's target
 */
export async function learnWay(
  server: ServerUrl,
  origin: Omit<Origin, 'session'>,
  isWanted: () => Promise<boolean>,
): Promise<Learnt | Failure | undefined> {
  const session = await openSession(server);
  if ('name' in session) return session;
  const learnt = await learnServer({ ...origin, session });
  if (!learnt) return undefined;
  const { loopback, terminal } = learnt;
  if (terminal && loopback && (loopback !== 'open' || origin.inFragment) && (await isWanted())) {
    const known = await getServer(server);
    if (known && !known.callbackTemplate && !(await tryTerminal(session, terminal))) learnt.terminal = undefined;
  }
  await noteWay(server, learnt);
  return learnt;
}

async function noteWay(server: ServerUrl, { loopback, terminal }: Learnt): Promise<void> {
  if (!loopback) return;
  await navigator.locks.request('ways', async () => {
    const all = Ways.safeParse(await ways.getValue()).data ?? {};
    await ways.setValue({ ...all, [server]: { loopback, hasTerminal: terminal !== undefined } });
  });
}
