import * as z from 'zod/mini';
import type { ServerUrl } from '../servers/serverUrl';
import { ways } from '../storage';
import { Loopback } from './loopbackRoute';
import type { Learnt } from './origin';

/** How a server's responses get to its listeners, and what that follows from: for the user to see. */
export const Way = z.object({ loopback: Loopback, hasTerminal: z.boolean() });
export type Way = z.infer<typeof Way>;

/** By server, as it was last found out, while a sign-in was under way. */
const Ways = z.record(z.string(), Way);

export async function wayTo(server: ServerUrl): Promise<Way | undefined> {
  return Ways.safeParse(await ways.getValue()).data?.[server];
}

export async function noteWay(server: ServerUrl, { loopback, terminal }: Learnt): Promise<void> {
  if (!loopback) return;
  await navigator.locks.request('ways', async () => {
    const all = Ways.safeParse(await ways.getValue()).data ?? {};
    await ways.setValue({ ...all, [server]: { loopback, hasTerminal: terminal !== undefined } });
  });
}
