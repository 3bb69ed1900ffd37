/** Events that are not what opencode says: malformed, of the wrong shape, or about something else. */
import { authorizationUrl, browserEvent, eventText } from '../world/hostile-server.ts';
import { type Attack, sayInEvents } from './attack.ts';

const NO_BROWSER = 'mcp.browser.open.failed';

const events: { tries: string; tabs?: number; events(): string[] }[] = [
  {
    tries: 'says JSON that ends in the middle, and then what it should',
    tabs: 1,
    events: () => [
      `data: {"payload":{"type":"${NO_BROWSER}","properties":\n\n${browserEvent('evil', authorizationUrl())}`,
    ],
  },
  {
    tries: 'says text that is no JSON',
    events: () => [`data: ${NO_BROWSER}\n\n`, `${NO_BROWSER}\n\n`, `data: <b>${NO_BROWSER}</b>\n\n`],
  },
  {
    tries: 'says numbers, lists and nothing where text belongs',
    events: () => [
      browserEvent(7, authorizationUrl()),
      browserEvent(['evil'], [authorizationUrl()]),
      browserEvent('evil', { href: authorizationUrl() }),
      browserEvent('evil', null),
      `data: null ${NO_BROWSER}\n\n`,
      `data: ["${NO_BROWSER}"]\n\n`,
    ],
  },
  {
    tries: 'says members called `__proto__`',
    events: () => [
      `data: {"__proto__":{"payload":{"type":"${NO_BROWSER}"}},"payload":{"__proto__":{"type":"${NO_BROWSER}"}}}\n\n`,
      `data: {"payload":{"type":"${NO_BROWSER}","__proto__":{"polluted":true},"properties":{"__proto__":{"mcpName":"evil"}}}}\n\n`,
    ],
  },
  {
    tries: 'says JSON that is 100,000 levels deep',
    events: () => [`data: {"payload":${'['.repeat(100_000)}"${NO_BROWSER}"${']'.repeat(100_000)}}\n\n`],
  },
  {
    tries: 'names a URL for an MCP server that nobody asked for',
    events: () => [browserEvent('another', authorizationUrl()), browserEvent('EVIL', authorizationUrl())],
  },
  {
    tries: 'names a URL in an event of another type',
    events: () => [
      eventText({
        type: 'mcp.tools.changed',
        properties: { mcpName: 'evil', url: authorizationUrl(), was: NO_BROWSER },
      }),
    ],
  },
  {
    tries: 'says an event of ten million characters',
    // It may be too long to be read at all.
    tabs: 1,
    events: () => [browserEvent('evil', authorizationUrl({ login_hint: 'a'.repeat(10_000_000) }))],
  },
];

export const eventAttacks: Attack[] = events.map(({ tries, tabs, events: chunks }) => ({
  tries,
  way: 'events',
  ...(tabs ? { tabs, rules: 2 } : {}),
  async run(scene) {
    await sayInEvents(scene, ...chunks());
    return '';
  },
}));
