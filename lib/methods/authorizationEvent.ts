import * as z from 'zod/mini';
import { parseJson } from '../browser/parseJson';
import { parseAuthorizationRequest } from '../oauth/authorizationRequest';
import type { Channel } from '../opencode/channel';
import type { ServerUrl } from '../servers/serverUrl';
import { type Authorization, plainHostOf } from './authorize';
import { isSameTarget } from './capabilities';
import { mcpTarget, nameIn, type Target } from './target';

const NO_BROWSER = 'mcp.browser.open.failed';
const Event = z.object({
  payload: z.object({
    type: z.literal(NO_BROWSER),
    properties: z.object({ mcpName: z.string(), url: z.string() }),
  }),
});
/** Longer than discovery and registration take. */
const LONGEST_EVENT_WAIT_MS = 30_000;

/**
 * Waits for the event that tells the URL of a sign-in that the web UI has started. opencode opens a browser on its own machine
 * for an MCP server's login; where there is none, as on most remote machines, it says so in an event, which its web UI ignores
 * (1.18.33).
 * @returns undefined when no such event comes, or its URL is no authorization request
 */
export async function hearAuthorization(
  channel: Channel,
  server: ServerUrl,
  target: Target,
): Promise<Authorization | undefined> {
  const answer = await channel.send({
    method: 'GET',
    path: '/global/event',
    // Those of others, which may start at the same time, come by the same way.
    until: `"mcpName":${JSON.stringify(nameIn(target))}`,
    timeout: LONGEST_EVENT_WAIT_MS,
  });
  const lines = answer.kind === 'answered' ? answer.text.split('\n') : [];
  for (const line of lines.filter((one) => one.includes(NO_BROWSER))) {
    const event = Event.safeParse(parseJson(line.replace(/^data: ?/, ''))).data?.payload.properties;
    if (!event || !isSameTarget(mcpTarget(event.mcpName), target)) continue;
    const request = parseAuthorizationRequest(event.url, plainHostOf(server));
    return request && { url: event.url, request };
  }
  return undefined;
}
