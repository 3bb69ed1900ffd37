import * as z from '../schema';
import { jsonOf } from './channel';
import { isConnected } from './connections';
import type { Origin } from './deliverResponse';
import type { ReachedServer } from './identifyServer';
import { catalogueOf, chatGpt, isListed, isSameTarget, type Target } from './target';
import { findTerminalApi } from './terminalRelay';

/** What a delivery has to know of a server. It holds as long as the server runs the same release. */
export const Learnt = z.object({
  version: z.string,
  terminal: z.optional(z.oneOf('/api/pty', '/pty')),
  /** The server has no login to the target yet: that it has one later proves the success. */
  isNew: z.optional(z.boolean),
});
export type Learnt = z.Infer<typeof Learnt>;

/**
 * Learns, by requests that carry nothing, what a server serves.
 * @returns undefined when it does not serve the sign-in's target
 */
export async function learnServer(server: ReachedServer, origin: Origin): Promise<Learnt | undefined> {
  const { target } = origin;
  const [listed, terminal, isNew] = await Promise.all([
    server.channel.send({ method: 'GET', path: catalogueOf(target) }),
    findTerminalApi(server),
    answersEverybody(target) ? undefined : isConnected(server, origin).then((connected) => connected === false),
  ]);
  return isListed(target, jsonOf(listed)) ? { version: server.version, terminal, isNew } : undefined;
}

/**
 * Whether the callback endpoint gives every caller the same answer, also after the end. It is known of ChatGPT in every
 * release (measured from 1.1.31 to 1.18.33). GitLab would exchange the code again, and Poe answers the first caller only,
 * so every other target is asked once.
 */
export function answersEverybody(target: Target): boolean {
  return isSameTarget(target, chatGpt);
}
