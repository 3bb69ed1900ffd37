import { type AuthorizationRequest, parseAuthorizationRequest } from '../oauth/authorizationRequest';
import * as z from '../schema';
import { type ApiAnswer, anyJsonOf, type Channel, isServersWord, jsonOf } from './channel';
import type { Failure } from './failure';
import { type ReachedServer, whyNot } from './identifyServer';
import { catalogueOf, isListed, pathOf, type Target } from './target';

/** A sign-in that a server has begun to wait for, and the URL at which the user logs in to it. */
export interface Authorization {
  url: string;
  request: AuthorizationRequest;
}

const Authorized = z.object({ url: z.string });
const McpAuthorized = z.object({ authorizationUrl: z.string, oauthState: z.string });
const Refusal = z.object({ data: z.object({ message: z.string }) });

/**
 * Starts a sign-in on a server. It takes the place of one to the same target that the server waits for. Its own answer
 * names the redirect URI and the state; nothing else is known of any provider.
 */
export async function authorize({ channel }: ReachedServer, target: Target): Promise<Authorization | Failure> {
  const listed = await channel.send({ method: 'GET', path: catalogueOf(target) });
  if (!isListed(target, jsonOf(listed))) return whyNot(listed);
  return target.kind === 'provider' ? authorizeProvider(channel, target) : authorizeMcp(channel, target);
}

async function authorizeProvider(
  channel: Channel,
  target: Extract<Target, { kind: 'provider' }>,
): Promise<Authorization | Failure> {
  const { method, inputs } = target;
  const body = { method, ...(inputs ? { inputs } : {}) };
  const answer = await channel.send({ method: 'POST', path: `${pathOf(target)}/authorize`, body });
  const data = z.read(Authorized, jsonOf(answer));
  if (!data) return whyNotStarted(answer);
  const request = parseAuthorizationRequest(data.url);
  // A device code, or a code to paste: nothing comes back to this machine, and opencode's own web UI does all of it.
  return request ? { url: data.url, request } : { name: 'no-help-needed' };
}

async function authorizeMcp(
  channel: Channel,
  target: Extract<Target, { kind: 'mcp' }>,
): Promise<Authorization | Failure> {
  const answer = await channel.send({ method: 'POST', path: pathOf(target) });
  const data = z.read(McpAuthorized, jsonOf(answer));
  const request = data && parseAuthorizationRequest(data.authorizationUrl);
  return data && request?.state === data.oauthState ? { url: data.authorizationUrl, request } : whyNotStarted(answer);
}

/** What opencode says about a refused input is shown; where it says nothing, something else may have answered. */
function whyNotStarted(answer: ApiAnswer): Failure {
  if (!isServersWord(answer) || answer.status === 401 || answer.status === 403) return whyNot(answer);
  const detail = answer.status === 400 ? z.read(Refusal, anyJsonOf(answer))?.data.message : undefined;
  return { name: 'not-started', ...(detail === undefined ? {} : { detail }) };
}
