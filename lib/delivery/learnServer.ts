import { capabilitiesOf, goesToListener, isOwnChatGpt } from '../methods/capabilities';
import { hasCredential, isConnected } from '../methods/connections';
import { nameIn } from '../methods/target';
import { jsonOf } from '../opencode/channel';
import { findListener, forgetEntry, tryLoopback } from './loopbackRoute';
import type { Learnt, Origin } from './origin';
import { findTerminalApi } from './terminalRoute';

/**
 * Learns, by requests that carry nothing, what a server serves.
 * @returns undefined when it does not serve the sign-in's target
 */
export async function learnServer(origin: Origin): Promise<Learnt | undefined> {
  const { session, target, directory } = origin;
  const { catalogue, isListed } = capabilitiesOf(target);
  const [listed, terminal, connected, ofSecond, reached] = await Promise.all([
    session.channel.send({ method: 'GET', path: catalogue, directory }),
    findTerminalApi(session),
    isConnected(origin),
    isOwnChatGpt(origin) ? hasCredential(session) : undefined,
    learnLoopback(origin),
  ]);
  if (!isListed(jsonOf(listed), nameIn(target))) return undefined;
  return {
    version: session.version,
    terminal,
    isNew: connected === undefined ? undefined : !connected,
    isNewToSecond: ofSecond === false || undefined,
    ...reached,
  };
}

/** Learns whether the server's own requests get to a listener, and what is there. */
export async function learnLoopback(origin: Origin): Promise<Pick<Learnt, 'loopback' | 'listener'>> {
  if (!goesToListener(origin)) return {};
  const { session, redirectUri, directory } = origin;
  const loopback = await tryLoopback(session, redirectUri, directory);
  if (loopback === 'unsafe' || loopback === 'closed') return { loopback };
  const listener = loopback === 'open' ? await findListener(session, redirectUri, directory) : undefined;
  await forgetEntry(session, directory);
  return { loopback, listener };
}
