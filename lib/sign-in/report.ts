import { chatGpt } from '../methods/target';
import type { FailureName } from '../opencode/failure';
import type { SignInView } from './signIn';

/** What a report says of where the extension runs. */
export interface Surroundings {
  extension: string;
  userAgent: string;
  platform: { os: string; arch: string };
  servers: number;
  managedServers: number;
  maySeeSignIns: boolean;
  /** What the check of a server found, where the report is about that. */
  failure?: FailureName | undefined;
}

/**
 * What helps whoever reads a report of a problem, in English: versions, phases, failures, HTTP statuses, times. Nothing of it is
 * anybody's own word: each value is a number or out of a closed list, so that no host, name, account, code, state or password
 * can be in it, whatever a server or a provider has said.
 */
export function reportOf(surroundings: Surroundings, signIns: SignInView[]): string {
  const { extension, userAgent, platform, servers, managedServers, maySeeSignIns, failure } = surroundings;
  return [
    `Callback Courier ${extension}`,
    `${browserOf(userAgent)} on ${platform.os} ${platform.arch}`,
    `servers: ${servers}, of which set by a policy: ${managedServers}`,
    `may see sign-ins: ${maySeeSignIns ? 'yes' : 'no'}`,
    ...(failure ? [`the check of a server: ${failure}`] : []),
    ...signIns.flatMap((signIn) => ['', ...linesOf(signIn)]),
    '',
  ].join('\n');
}

/** The others call themselves Chrome as well. */
function browserOf(userAgent: string): string {
  const known = /(Firefox|Edg|OPR)\/(\d{1,4})/.exec(userAgent) ?? /(Chrome)\/(\d{1,4})/.exec(userAgent);
  return known ? `${known[1]} ${known[2]}` : 'another browser';
}

function linesOf({ target, phase, failure, sent, isDiverted, startedAt, endedAt, trace }: SignInView): string[] {
  const after = (time: number) => `${((time - startedAt) / 1_000).toFixed(3)} s`;
  return [
    `sign-in to ${targetOf(target)}: ${phase}${failure ? `, ${failure.name}` : ''}${sent ? ', sent' : ''}`,
    ...(isDiverted ? ['something else got the response, too'] : []),
    `started ${new Date(startedAt).toISOString()}`,
    ...trace.flatMap((line) => {
      const [, time = '', what = ''] = /^(\d{13}) (.*)$/.exec(line) ?? [];
      const event = eventOf(what);
      return event ? [`${after(Number(time))} ${event}`] : [];
    }),
    ...(endedAt === undefined ? [] : [`${after(endedAt)} ended`]),
  ];
}

/** ChatGPT, or only of which kind: what a server or a plugin calls itself may be anything. */
function targetOf(target: SignInView['target']): string {
  if (target.kind === 'mcp') return 'an MCP server';
  return target.id === chatGpt.id ? 'ChatGPT' : 'another provider';
}

const REQUEST =
  /^(tab|background) (GET|POST|DELETE) (\w*) ([1-5]\d\d|redirected|network|certificate|timeout|too-large|not-sent)$/;
const ROUTE = /^route (?:code|callback-url|loopback|terminal)$/;
/** A server says what it likes. Of a version that is more than three numbers, no more is told. */
const RELEASE = /^opencode (\d{1,3}\.\d{1,3}\.\d{1,3})?(.*)$/s;
/** The first words of opencode's paths. */
const APIS = ['global', 'config', 'provider', 'mcp', 'pty', 'api', 'instance'];

/** A line of a trace, as far as it is out of a closed list: see lib/opencode/trace.ts. */
function eventOf(what: string): string | undefined {
  const [, channel, method, api = '', how] = REQUEST.exec(what) ?? [];
  if (channel) return `${channel}: ${method} /${APIS.includes(api) ? api : '…'} ${how}`;
  const [, release = '', rest] = RELEASE.exec(what) ?? [];
  if (rest !== undefined) return `opencode ${release}${rest && '…'}`;
  return ROUTE.test(what) ? what : undefined;
}
