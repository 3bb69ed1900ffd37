import * as z from '../schema';
import type { ServerUrl } from '../servers/server';
import { storedValue } from '../storedValue';
import type { Learnt } from './learnServer';
import { Loopback } from './loopbackRoute';

/** How a server's responses get to its listeners, and what that follows from: for the user to see. */
export const Way = z.object({ loopback: Loopback, hasTerminal: z.boolean });
export type Way = z.Infer<typeof Way>;

/** By server, as it was last found out, while a sign-in was under way. */
const ways = storedValue('session', 'ways');
const Ways = z.record(Way);

export async function wayTo(server: ServerUrl): Promise<Way | undefined> {
  return z.read(Ways, await ways.getValue())?.[server];
}

export async function noteWay(server: ServerUrl, { loopback, terminal }: Learnt): Promise<void> {
  if (!loopback) return;
  await navigator.locks.request('ways', async () => {
    const all = z.read(Ways, await ways.getValue()) ?? {};
    await ways.setValue({ ...all, [server]: { loopback, hasTerminal: terminal !== undefined } });
  });
}
