import * as z from 'zod/mini';
import { type AuthorizationRequest, parseAuthorizationRequest } from '../oauth/authorizationRequest';
import { type ApiAnswer, type Channel, jsonAs, jsonOf, refusalOf } from '../opencode/channel';
import type { Failure } from '../opencode/failure';
import { plainText } from '../opencode/plainText';
import { type Session, whyNot } from '../opencode/session';
import { capabilitiesOf, pathOf } from './capabilities';
import { nameIn, type Target } from './target';

/** A sign-in that a server has begun to wait for, and the URL at which the user logs in to it. */
export interface Authorization {
  url: string;
  request: AuthorizationRequest;
  /** See `Target`. */
  takes?: 'code' | 'url' | undefined;
}

const Authorized = z.object({
  url: z.string(),
  method: z.optional(z.string()),
  instructions: z.optional(z.string()),
});
/** How people are asked to paste more than a code: "the full redirect URL", "the callback URL", "from the address bar". */
const ASKS_FOR_URL = /(redirect(ed)?|callback|full|whole|entire|complete|localhost) url|address bar/i;
const McpAuthorized = z.object({ authorizationUrl: z.string(), oauthState: z.string() });
const LONGEST_REASON = 200;

/**
 * Starts a sign-in on a server. It takes the place of one to the same target that the server waits for. Its own answer
 * names the redirect URI and the state; nothing else is known of any provider.
 */
export async function authorize({ channel, url }: Session, target: Target): Promise<Authorization | Failure> {
  const { catalogue, isListed } = capabilitiesOf(target);
  const listed = await channel.send({ method: 'GET', path: catalogue });
  if (!isListed(jsonOf(listed), nameIn(target))) return whyNot(listed);
  const plainHosts = [url, ...Object.values(target.kind === 'provider' ? (target.inputs ?? {}) : {})].flatMap(
    plainHostOf,
  );
  return target.kind === 'provider'
    ? authorizeProvider(channel, target, plainHosts)
    : authorizeMcp(channel, target, plainHosts);
}

/**
 * The host of a URL that the user typed with `http`: a GitLab of their own, or the server itself, which may have the logins
 * of its MCP servers there, too.
 */
export function plainHostOf(typed: string): string[] {
  if (!URL.canParse(typed)) return [];
  const { protocol, host } = new URL(typed);
  return protocol === 'http:' ? [host] : [];
}

async function authorizeProvider(
  channel: Channel,
  target: Extract<Target, { kind: 'provider' }>,
  plainHosts: string[],
): Promise<Authorization | Failure> {
  const { method, inputs } = target;
  const body = { method, ...(inputs ? { inputs } : {}) };
  const answer = await channel.send({ method: 'POST', path: `${pathOf(target)}/authorize`, body });
  const data = jsonAs(Authorized, answer);
  if (!data) return whyNotStarted(answer);
  const request = parseAuthorizationRequest(data.url, plainHosts);
  // A device code, or a code to paste: nothing comes back to this machine, and opencode's own web UI does all of it.
  if (!request) return { name: 'no-help-needed' };
  const asked = ASKS_FOR_URL.test(data.instructions ?? '') ? 'url' : 'code';
  return { url: data.url, request, takes: data.method === 'code' ? asked : undefined };
}

async function authorizeMcp(
  channel: Channel,
  target: Extract<Target, { kind: 'mcp' }>,
  plainHosts: string[],
): Promise<Authorization | Failure> {
  const answer = await channel.send({ method: 'POST', path: pathOf(target) });
  const data = jsonAs(McpAuthorized, answer);
  const request = data && parseAuthorizationRequest(data.authorizationUrl, plainHosts);
  return data && request?.state === data.oauthState ? { url: data.authorizationUrl, request } : whyNotStarted(answer);
}

/** What opencode says about a refused input is shown; where it says nothing, something else may have answered. */
function whyNotStarted(answer: ApiAnswer): Failure {
  const refusal = refusalOf(answer);
  if (!refusal && jsonOf(answer) === undefined) return whyNot(answer);
  const said = answer.kind === 'answered' && answer.status === 400 ? refusal?.data.message : undefined;
  return { name: 'not-started', ...(said ? { detail: plainText(said, LONGEST_REASON) } : {}) };
}
