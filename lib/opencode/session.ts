import * as z from 'zod/mini';
import { hasHostPermission } from '../servers/hostPermission';
import { getCredentials } from '../servers/serverStore';
import { findServerTab } from '../servers/serverTab';
import type { ServerUrl } from '../servers/serverUrl';
import { backgroundChannel } from './backgroundChannel';
import { type ApiAnswer, type Channel, jsonOf } from './channel';
import type { Failure } from './failure';
import { plainText } from './plainText';
import { firstThat, tabChannel } from './tabChannel';

/** One conversation with an opencode server, while it is needed: its release, and the channel that it answered through. */
export interface Session {
  url: ServerUrl;
  version: string;
  channel: Channel;
}

const Health = z.object({ healthy: z.literal(true), version: z.string() });
const LONGEST_VERSION = 40;

/**
 * Opens a channel to a server and makes sure that opencode is at its other end, by a request that carries nothing.
 * An open opencode tab is asked first, then the extension's own fetch.
 * @returns why not, if opencode cannot be talked to
 */
export async function openSession(url: ServerUrl): Promise<Session | Failure> {
  const [isAllowed, credentials, tabId] = await Promise.all([
    hasHostPermission(url),
    getCredentials(url),
    findServerTab(url),
  ]);
  if (!isAllowed) return { name: 'permission-withdrawn' };
  const authorization = credentials && basic(credentials.username, credentials.password);
  const background = backgroundChannel(url, authorization);
  if (tabId !== undefined) {
    const throughTab = await openThrough(firstThat(tabChannel(url, tabId, authorization), background), url);
    if ('channel' in throughTab) return throughTab;
  }
  return openThrough(background, url);
}

async function openThrough(channel: Channel, url: ServerUrl): Promise<Session | Failure> {
  const answer = await channel.send({ method: 'GET', path: '/global/health' });
  const health = Health.safeParse(jsonOf(answer)).data;
  return health ? { url, version: plainText(health.version, LONGEST_VERSION), channel } : whyNot(answer);
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

/** RFC 7617, with UTF-8. */
function basic(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
