import { sendMessage } from '../messages';
import { seenMethod } from '../methods/capabilities';
import type { ServerUrl } from '../servers/serverUrl';
import { inTime } from './inTime';

/** A server that has not answered by then is one where nothing waits: the user is waiting, too. */
const LONGEST_QUESTION_SECONDS = 5;

/**
 * Of some servers, those on which a ChatGPT sign-in may be waiting, whoever's it is. They are asked by requests that carry nothing,
 * and it is their own word: without the PKCE verifier (RFC 7636) another one's code is of no use to who lies.
 */
export async function whereOneWaits(servers: ServerUrl[]): Promise<ServerUrl[]> {
  const ask = (server: ServerUrl) => sendMessage('isTaken', { server, target: seenMethod, byAnyone: true });
  const answers = await Promise.all(servers.map((server) => inTime(ask(server), LONGEST_QUESTION_SECONDS)));
  return servers.filter((_, index) => answers[index]);
}
