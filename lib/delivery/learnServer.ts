import { isConnected } from '../methods/connections';
import { catalogueOf, chatGpt, isListed, isSameTarget, type Target } from '../methods/target';
import { jsonOf } from '../opencode/channel';
import type { ReachedServer } from '../opencode/identifyServer';
import { findListener, forgetEntry, tryLoopback } from './loopbackRoute';
import type { Learnt, Origin } from './origin';
import { findTerminalApi } from './terminalRoute';

/**
 * Learns, by requests that carry nothing, what a server serves.
 * @returns undefined when it does not serve the sign-in's target
 */
export async function learnServer(server: ReachedServer, origin: Origin): Promise<Learnt | undefined> {
  const { target, directory } = origin;
  const [listed, terminal, connected, reached] = await Promise.all([
    server.channel.send({ method: 'GET', path: catalogueOf(target), directory }),
    findTerminalApi(server),
    isConnected(server, origin),
    learnLoopback(server, origin),
  ]);
  if (!isListed(target, jsonOf(listed))) return undefined;
  return { version: server.version, terminal, isNew: connected === undefined ? undefined : !connected, ...reached };
}

async function learnLoopback(
  server: ReachedServer,
  { target, heldBy, redirectUri, directory }: Origin,
): Promise<Pick<Learnt, 'loopback' | 'listener'>> {
  if (target.kind === 'mcp' && !heldBy) return {};
  const loopback = await tryLoopback(server, redirectUri, directory);
  if (loopback === 'unsafe' || loopback === 'closed') return { loopback };
  const listener = loopback === 'open' ? await findListener(server, redirectUri, directory) : undefined;
  await forgetEntry(server, directory);
  return { loopback, listener };
}

/**
 * Whether the callback endpoint gives every caller the same answer, also after the end. It is known of ChatGPT in every
 * release (measured from 1.1.31 to 1.18.33). GitLab would exchange the code again, and Poe answers the first caller only,
 * so every other target is asked once.
 */
export function answersEverybody(target: Target): boolean {
  return isSameTarget(target, chatGpt);
}
