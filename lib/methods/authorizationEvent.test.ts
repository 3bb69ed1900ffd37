import { describe, expect, it } from 'vitest';
import type { ApiRequest, Channel } from '../opencode/channel';
import { ServerUrl } from '../servers/serverUrl';
import { hearAuthorization } from './authorizationEvent';
import { mcpTarget } from './target';

const server = ServerUrl.parse('https://opencode.example.com');

/** As opencode 1.18.33 writes it. */
function eventOf(mcpName: string): string {
  const url = `https://mcp.example.com/authorize?response_type=code&redirect_uri=http%3A%2F%2F127.0.0.1%3A19876%2Fmcp&state=state-of-${mcpName.length}`;
  return `data: ${JSON.stringify({ payload: { type: 'mcp.browser.open.failed', properties: { mcpName, url } } })}\n\n`;
}

/** A stream that says one event after another, read as `fetchAnswer` reads it. */
function saying(...events: string[]): Channel {
  return {
    kind: 'tab',
    async send({ until = '' }: ApiRequest) {
      let text = '';
      for (const event of events) {
        text += event;
        if (text.includes(until)) break;
      }
      return { kind: 'answered', status: 200, contentType: 'text/event-stream', basicChallenge: false, text };
    },
  };
}

describe("the event that tells the URL of an MCP server's sign-in", () => {
  it.each(['demo', 'a "quoted" name', 'naïve'])(
    'is heard after those of others, which started at the same time: %s',
    async (name) => {
      const channel = saying(
        'data: {"payload":{"type":"server.connected","properties":{}}}\n\n',
        eventOf('other'),
        eventOf(name),
      );
      const { request } = (await hearAuthorization(channel, server, mcpTarget(name))) ?? {};
      expect(request?.state).toBe(`state-of-${name.length}`);
    },
  );

  it('is not that of another', async () => {
    expect(await hearAuthorization(saying(eventOf('other')), server, mcpTarget('demo'))).toBeUndefined();
  });
});
