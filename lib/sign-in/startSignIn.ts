import { type AuthorizationRequest, parseAuthorizationRequest } from '../oauth/authorizationRequest';
import { originOf, type ServerUrl } from '../servers/server';
import { getServers } from '../servers/serverStore';
import { armCaptureRule } from './captureRule';
import { announce } from './progress';
import { changeSignIns } from './signInStore';
import { start, supersede } from './transitions';

/** A navigation to the provider, as `webRequest.onBeforeRequest` reports it. */
export interface ObservedRequest {
  url: string;
  /** Firefox: the URL of the page that started the navigation. */
  originUrl?: string | undefined;
  /** Chromium: its origin. Absent for typed and pasted URLs. */
  initiator?: string | undefined;
}

/** Watches a sign-in that started on one of the user's servers: from now on its response is captured. */
export async function onAuthorizationRequest(observed: ObservedRequest): Promise<void> {
  const request = parseAuthorizationRequest(observed.url);
  const server = request && (await serverThatStarted(observed));
  if (request && server) await startSignIn(server, 'openai', request);
}

async function startSignIn(server: ServerUrl, provider: string, request: AuthorizationRequest): Promise<void> {
  const changed = await changeSignIns(async (all) => {
    const known = all.some((signIn) => 'armed' in signIn && signIn.armed?.state === request.state);
    // A reload of the provider's page is the same sign-in.
    if (known) return all;
    const ruleId = 1 + Math.max(0, ...all.map((signIn) => ('armed' in signIn && signIn.armed?.ruleId) || 0));
    await armCaptureRule(ruleId, request);
    const now = Date.now();
    return [
      ...all.map((other) => (other.server === server && other.provider === provider ? supersede(other, now) : other)),
      start({ id: crypto.randomUUID(), server, provider, armed: { ...request, ruleId }, now }),
    ];
  });
  await announce(changed);
}

/** The one server whose page started a navigation. Two servers at one origin cannot be told apart by it: then none. */
async function serverThatStarted({ originUrl, initiator }: ObservedRequest): Promise<ServerUrl | undefined> {
  const origin = originOf(originUrl ?? initiator ?? '');
  const servers = (await getServers()).filter((server) => originOf(server.url) === origin);
  const byPath = originUrl ? servers.filter((server) => `${originUrl}/`.startsWith(`${server.url}/`)) : servers;
  return byPath.length === 1 ? byPath[0]?.url : undefined;
}
