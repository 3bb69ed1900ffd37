import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failureNames } from '../opencode/failure';
import { reportOf } from './report';
import { SignIn, viewOf } from './signIn';

const surroundings = {
  extension: '1.0.0',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0',
  platform: { os: 'linux', arch: 'x86-64' },
  servers: 2,
  managedServers: 0,
  maySeeSignIns: true,
};
const startedAt = Date.UTC(2026, 10, 25, 12);
const end = { failure: { name: 'answer-unclear' as const }, endedAt: startedAt + 90_000 };

/** A record with the same secret wherever a string can be, as far as its schema lets it. */
function recordWith(secret: string, phase: SignIn['phase'], trace: string[]): SignIn {
  const redirectUri = `http://localhost:1455/${secret}`;
  const target = { kind: 'provider', id: secret, label: secret, method: 0, inputs: { [secret]: secret } };
  return SignIn.parse({
    id: secret,
    server: `https://${secret}.example.com/${secret}`,
    target: phase === 'waiting' ? { kind: 'mcp', name: secret, label: secret } : target,
    arrival: { digest: secret, tabId: 1, divertedAt: startedAt },
    trace,
    startedAt,
    deadline: startedAt + 300_000,
    phase,
    callbackUrl: `${redirectUri}?code=${secret}&state=${secret}`,
    sent: true,
    armed: {
      ...{ redirectUri, state: secret, ruleId: 1, binding: { kind: 'state' }, directory: secret },
      learnt: { version: secret },
    },
    endedAt: end.endedAt,
    failure: { ...end.failure, detail: secret },
  });
}

/** Hosts, codes, states, passwords and accounts: neither a word of ours, nor a number that a time or status could be. */
const secrets = fc.stringMatching(/^[a-z][a-z0-9]{8,30}$/).filter((text) => /\d/.test(text));
const phases = fc.constantFrom('waiting', 'captured', 'delivering', 'failed', 'completed' as const);

describe('a report', () => {
  test('of a failed check of a server says what was found', () => {
    expect(reportOf({ ...surroundings, failure: 'server-unreachable' }, [])).toContain(
      '\nthe check of a server: server-unreachable\n',
    );
  });

  test('says what happened', () => {
    const trace = [
      `${startedAt + 10_000} tab GET global 200`,
      `${startedAt + 10_100} opencode 1.18.33`,
      `${startedAt + 10_150} route loopback`,
      `${startedAt + 10_200} tab POST mcp 502`,
      `${startedAt + 70_000} background POST provider timeout`,
    ];
    const view = viewOf({ ...recordWith('secret', 'failed', trace), target: chatGptTarget });
    expect(reportOf(surroundings, [view])).toBe(`Callback Courier 1.0.0
Firefox 153 on linux x86-64
servers: 2, of which set by a policy: 0
may see sign-ins: yes

sign-in to ChatGPT: failed, answer-unclear, sent
something else got the response, too
started 2026-11-25T12:00:00.000Z
10.000 s tab: GET /global 200
10.100 s opencode 1.18.33
10.150 s route loopback
10.200 s tab: POST /mcp 502
70.000 s background: POST /provider timeout
90.000 s ended
`);
  });

  test.each([
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
      'Chrome 156',
    ],
    ['Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0', 'Edg 156'],
    ['Dillo/3.0', 'another browser'],
  ])('names the browser of %s', (userAgent, name) => {
    expect(reportOf({ ...surroundings, userAgent }, [])).toContain(`\n${name} on linux`);
  });

  test('has nothing of what a server, a provider or the user has said, whatever field that is in', () => {
    fc.assert(
      fc.property(secrets, phases, (secret, phase) => {
        const trace = [
          secret,
          `${startedAt} ${secret}`,
          `${startedAt} opencode ${secret}`,
          `${startedAt} opencode 1.18.33-${secret}`,
          `${startedAt} opencode 1.18.33\n${secret}`,
          `${startedAt} opencode 1.18.${secret}`,
          `${startedAt} route ${secret}`,
          `${startedAt} route loopback ${secret}`,
          `${startedAt} ${secret} GET global 200`,
          `${startedAt} tab ${secret} global 200`,
          `${startedAt} tab GET ${secret} 200`,
          `${startedAt} tab GET global ${secret}`,
          `${startedAt} tab GET global 200 ${secret}`,
        ];
        const report = reportOf(surroundings, [viewOf(recordWith(secret, phase, trace))]);
        expect(report).not.toContain(secret);
        expect(report).toContain('opencode 1.18.33…');
        expect(report).toContain(phase);
      }),
    );
  });

  test('tells every failure by its name', () => {
    for (const name of failureNames) {
      const view = { ...viewOf(recordWith('secret', 'failed', [])), failure: { name } };
      expect(reportOf(surroundings, [view])).toContain(`failed, ${name}`);
    }
  });
});

const chatGptTarget = { kind: 'provider', id: 'openai', label: 'ChatGPT', method: 0 } as const;
