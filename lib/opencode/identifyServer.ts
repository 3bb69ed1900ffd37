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

/** An opencode server that answered, and the channel that it answered through. */
export interface ReachedServer {
  url: ServerUrl;
  version: string;
  channel: Channel;
}

export type Identification = { kind: 'opencode'; server: ReachedServer } | { kind: 'failure'; failure: Failure };

const Health = z.object({ healthy: z.literal(true), version: z.string() });
const LONGEST_VERSION = 40;

/**
 * Opens a channel to a server and makes sure that opencode is at its other end, by a request that carries nothing.
 * An open opencode tab is asked first, then the extension's own fetch.
 */
export async function identifyServer(url: ServerUrl): Promise<Identification> {
  const [isAllowed, credentials, tabId] = await Promise.all([
    hasHostPermission(url),
    getCredentials(url),
    findServerTab(url),
  ]);
  if (!isAllowed) return failed({ name: 'permission-withdrawn' });
  const authorization = credentials && basic(credentials.username, credentials.password);
  const background = backgroundChannel(url, authorization);
  if (tabId !== undefined) {
    const throughTab = await identifyThrough(firstThat(tabChannel(url, tabId, authorization), background), url);
    if (throughTab.kind === 'opencode') return throughTab;
  }
  return identifyThrough(background, url);
}

async function identifyThrough(channel: Channel, url: ServerUrl): Promise<Identification> {
  const answer = await channel.send({ method: 'GET', path: '/global/health' });
  const health = Health.safeParse(jsonOf(answer)).data;
  if (health)
    return { kind: 'opencode', server: { url, version: plainText(health.version, LONGEST_VERSION), channel } };
  return failed(whyNot(answer));
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

function failed(failure: Failure): Identification {
  return { kind: 'failure', failure };
}
