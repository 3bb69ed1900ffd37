import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sendMessage } from '../messages';
import type { ServerCheck } from '../methods/checkServer';
import { hasHostPermission, hasSignInPermission } from '../servers/hostPermission';
import type { ServerUrl } from '../servers/serverUrl';
import { findUseOfPort } from './portOfThisComputer';
import { type CheckLine, selfCheck } from './selfCheck';

vi.mock('#i18n', () => ({ i18n: { t: (key: string, words: string[] = []) => [key, ...words].join(' ') } }));
vi.mock('../messages');
vi.mock('../servers/hostPermission', async (original) => ({
  ...(await original<object>()),
  hasHostPermission: vi.fn(),
  hasSignInPermission: vi.fn(),
}));
vi.mock('./portOfThisComputer');

const url = 'https://opencode.example.com' as ServerUrl;
const found: ServerCheck = { kind: 'found', url, version: '1.18.33', connected: false };
const learnt = { version: '1.18.33', at: 0, loopback: 'open' as const, terminal: '/api/pty' as const };
const never = new Promise<never>(() => {});

function answering(answers: { checkServer?: unknown; rehearse?: unknown }): void {
  vi.mocked(sendMessage).mockImplementation((async (type: keyof typeof answers) => answers[type]) as never);
}

beforeEach(() => {
  vi.mocked(hasSignInPermission).mockResolvedValue(true);
  vi.mocked(hasHostPermission).mockResolvedValue(true);
  vi.mocked(findUseOfPort).mockResolvedValue('free');
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.resetAllMocks();
});

test('all is well', async () => {
  answering({ checkServer: found, rehearse: learnt });
  expect(await linesOf()).toEqual([
    'good selfCheck.allowed',
    'good selfCheck.answers opencode.example.com',
    'good selfCheck.letsIn',
    'good popup.version 1.18.33',
    'good popup.way way.open',
    'good selfCheck.portFree 1455',
  ]);
});

test.each([
  'password-required',
  'login-required',
  'not-opencode',
  'server-unreachable',
  'certificate-refused',
] as const)('%s ends it, and the port of this computer is still looked at', async (name) => {
  answering({ checkServer: { kind: 'not-found', url, failure: { name }, kept: true } });
  const lines = await linesOf();
  expect(lines.filter((line) => line.startsWith('bad'))).toEqual([expect.stringContaining(name.replace('-', '_'))]);
  expect(lines.at(-1)).toBe('good selfCheck.portFree 1455');
  expect(lines.includes('good selfCheck.answers opencode.example.com')).toBe(
    !['server-unreachable', 'certificate-refused'].includes(name),
  );
  expect(vi.mocked(sendMessage).mock.calls.map(([type]) => type)).toEqual(['checkServer']);
});

test('without a permission the server is asked nothing', async () => {
  vi.mocked(hasHostPermission).mockResolvedValue(false);
  expect((await linesOf())[0]).toMatch(/^bad .*permission_withdrawn/);
  vi.mocked(hasSignInPermission).mockResolvedValue(false);
  expect((await linesOf())[0]).toBe('bad popup.signInPermission');
  expect(sendMessage).not.toHaveBeenCalled();
});

test.each([
  ['the look for opencode', { checkServer: never }],
  ['the look for a way', { checkServer: found, rehearse: never }],
  ['the background, which the browser ended,', undefined],
])('%s may hang: the line has an end, and so has the check', async (_, answers) => {
  if (answers) answering(answers);
  else vi.mocked(sendMessage).mockRejectedValue(new Error('gone'));
  const lines = linesOf();
  await vi.advanceTimersByTimeAsync(45_000);
  expect((await lines).slice(-2)).toEqual(['bad selfCheck.noAnswer 45', 'good selfCheck.portFree 1455']);
});

test.each([
  ['no sign-in to ChatGPT is there', undefined, 'bad selfCheck.notOffered'],
  ['it was turned away meanwhile', { name: 'login-required' }, 'bad add.problem failure.login_required.title'],
  ['a terminal is taken', { ...learnt, loopback: 'proxied' }, 'good popup.way way.proxied way.terminal'],
  ['no way is there', { ...learnt, loopback: 'closed', terminal: undefined }, 'bad popup.way way.closed way.none'],
])('%s', async (_, rehearsed, line) => {
  answering({ checkServer: found, rehearse: rehearsed });
  expect((await linesOf()).at(-2)).toMatch(line);
});

test.each(['taken', 'silent'] as const)('a port that is %s is no fault', async (use) => {
  answering({ checkServer: found, rehearse: learnt });
  vi.mocked(findUseOfPort).mockResolvedValue(use);
  expect((await linesOf()).at(-1)).toMatch(/^quiet selfCheck.port(Taken|Silent) 1455$/);
});

async function linesOf(): Promise<string[]> {
  const lines: CheckLine[] = [];
  for await (const line of selfCheck({ url })) lines.push(line);
  return lines.map(({ tone, text }) => `${tone} ${text}`);
}
