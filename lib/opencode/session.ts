import * as z from 'zod/mini';
import { hasLoginsOfTabs } from '../browser/differences';
import { hasHostPermission } from '../servers/hostPermission';
import { getCredentials } from '../servers/serverStore';
import { findServerPage } from '../servers/serverTab';
import type { ServerUrl } from '../servers/serverUrl';
import { backgroundChannel } from './backgroundChannel';
import { type ApiAnswer, type Channel, jsonAs } from './channel';
import type { Failure } from './failure';
import { plainText } from './plainText';
import { firstThat, tabChannel } from './tabChannel';
import { note, traced } from './trace';

/** One conversation with an opencode server, while it is needed: its release, and the channel that it answered through. */
export interface Session {
  url: ServerUrl;
  version: string;
  channel: Channel;
  /** It was recognised: what was learnt of the server before still holds. */
  isRecognised?: boolean | undefined;
}

/** Asks, by a request that carries nothing, whether the server is one that something was learnt of. */
export type Recognise = (channel: Channel) => Promise<boolean>;

const Health = z.object({ healthy: z.literal(true), version: z.string() });
const LONGEST_VERSION = 40;

/**
 * Opens a channel to a server and makes sure that opencode is at its other end, by a request that carries nothing. The
 * extension's own fetch is ready at once, while a tab in the background takes 30 ms to run what is injected (Chromium, cold).
 * So it is asked first where it has the tab's logins, and second where the tab may be somebody else to the server.
 * @param trace where it is written down what is asked and how it is answered
 * @param recognise asked meanwhile
 * @returns why not, if opencode cannot be talked to
 */
export async function openSession(
  url: ServerUrl,
  trace: string[] = [],
  recognise?: Recognise,
): Promise<Session | Failure> {
  const [isAllowed, authorization] = await Promise.all([hasHostPermission(url), authorizationFor(url)]);
  if (!isAllowed) return { name: 'permission-withdrawn' };
  const background = backgroundChannel(url, authorization);

  const open = async (untraced: Channel): Promise<Session | Failure> => {
    const channel = traced(untraced, trace);
    const recognised = recognise?.(channel);
    const answer = await channel.send({ method: 'GET', path: '/global/health' });
    const health = jsonAs(Health, answer);
    if (!health) return whyNot(answer);
    const version = plainText(health.version, LONGEST_VERSION);
    note(trace, `opencode ${version}`);
    return { url, version, channel, isRecognised: await recognised };
  };
  const openThroughTab = async () => {
    const page = await findServerPage(url);
    if (!page) return undefined;
    const opened = await open(firstThat(tabChannel(url, page, authorization), background));
    return 'channel' in opened ? opened : undefined;
  };

  if (!hasLoginsOfTabs) return (await openThroughTab()) ?? open(background);
  const opened = await open(background);
  return 'channel' in opened ? opened : ((await openThroughTab()) ?? opened);
}

/** Names what answered instead of opencode. */
export function whyNot(answer: ApiAnswer): Failure {
  if (answer.kind === 'redirected') return { name: 'login-required' };
  if (answer.kind === 'failed') {
    return { name: answer.reason === 'certificate' ? 'certificate-refused' : 'server-unreachable' };
  }
  if (answer.status === 401 && answer.basicChallenge) return { name: 'password-required' };
  if (answer.status === 401 || answer.status === 403) return { name: 'login-required' };
  if (answer.status >= 500) return { name: 'server-unreachable', detail: `HTTP ${answer.status}` };
  if (/<input[^>]{1,500}type=["']?password/i.test(answer.text)) return { name: 'login-required' };
  return { name: 'not-opencode' };
}

/** The stored password as a header's value (RFC 7617, with UTF-8); undefined where none is stored. */
export async function authorizationFor(url: ServerUrl): Promise<string | undefined> {
  const credentials = await getCredentials(url);
  if (!credentials) return undefined;
  const bytes = new TextEncoder().encode(`${credentials.username}:${credentials.password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
