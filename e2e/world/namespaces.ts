/**
 * Two machines on one: the user's side (browser, tests) and one network namespace per opencode server.
 *
 * Without them the browser and the server share a loopback, the browser reaches opencode's listener by itself,
 * and a broken extension passes every test. `ip netns` needs root on Linux; elsewhere the world falls back to
 * resolver rules (see world.ts).
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';

const PREFIX = 'courier';
const RUN = 'COURIER_NAMESPACE_RUN';

/** The id of the run that this process belongs to, or undefined when it does not run inside a user namespace. */
export const namespaceRun = process.env[RUN];

/** Whether this machine can make network namespaces: root on Linux with iproute2. */
export function canMakeNamespaces(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync('ip', ['netns', 'list'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Every name that the user's side resolves, each with an address of its own in the user's namespace. */
export const userHosts = {
  'auth.openai.com': '10.87.0.1',
  'opencode.example.com': '10.87.0.2',
  'team.example.com': '10.87.0.3',
  'down.example.com': '10.87.0.4',
  'page.example.com': '10.87.0.5',
  'gitlab.com': '10.87.0.6',
  'poe.com': '10.87.0.7',
  'myorg-myaccount.snowflakecomputing.com': '10.87.0.8',
  'cloud.digitalocean.com': '10.87.0.9',
  'auth.x.ai': '10.87.0.10',
  'github.com': '10.87.0.11',
  'mcp.example.com': '10.87.0.12',
  'accounts.google.com': '10.87.0.13',
  'hostile.example.com': '10.87.0.66',
} as const;
export type UserHost = keyof typeof userHosts;

/** Makes the user's namespace of a run. The command to put in front of what is to run there, and its environment. */
export function createUserNamespace(run: string): { command: string[]; env: Record<string, string> } {
  const name = namespaceName(run, 'user');
  ip('netns', 'add', name);
  ip('-n', name, 'link', 'set', 'lo', 'up');
  for (const address of Object.values(userHosts)) ip('-n', name, 'addr', 'add', `${address}/32`, 'dev', 'lo');
  mkdirSync(`/etc/netns/${name}`, { recursive: true });
  const hosts = Object.entries(userHosts).map(([host, address]) => `${address} ${host}`);
  writeFileSync(`/etc/netns/${name}/hosts`, ['127.0.0.1 localhost', '::1 localhost', ...hosts, ''].join('\n'));
  for (const folder of Object.values(policyFolders)) shadow(name, folder);
  return { command: ['ip', 'netns', 'exec', name], env: { [RUN]: run } };
}

/** Where the browsers read an administrator's policies, below `/etc`. */
const policyFolders = { chromium: 'chromium/policies/managed', firefox: 'firefox/policies' };

/**
 * Gives the user's machine a policy, for browsers that are started from now on. `ip netns exec` puts everything in
 * `/etc/netns/<name>` in the place of its namesake in `/etc`, for that machine alone.
 * @returns how to take it back
 */
export function writePolicy(browser: keyof typeof policyFolders, policy: unknown): () => void {
  if (!namespaceRun) throw new Error('a policy needs a machine of its own');
  const file = `/etc/netns/${namespaceName(namespaceRun, 'user')}/${policyFolders[browser]}/policies.json`;
  writeFileSync(file, JSON.stringify(policy));
  return () => rmSync(file);
}

function shadow(name: string, folder: string): void {
  const [program = ''] = folder.split('/');
  // What is to be replaced has to be there.
  mkdirSync(`/etc/${program}`, { recursive: true });
  cpSync(`/etc/${program}`, `/etc/netns/${name}/${program}`, { recursive: true });
  mkdirSync(`/etc/netns/${name}/${folder}`, { recursive: true });
}

export interface ServerNamespace {
  /** What to put in front of a command that is to run on the server's machine. */
  command: string[];
  /** The server's address as the user's side sees it. */
  serverAddress: string;
  /** The user's side as the server sees it: where its CONNECT proxy is. */
  userAddress: string;
  /** Takes it away, once nothing runs in it any more. */
  remove(): void;
}

/** Makes the namespace of one opencode server, joined to the user's by a veth pair. */
export function createServerNamespace(run: string): ServerNamespace {
  const user = namespaceName(run, 'user');
  const taken = existing();
  let index = 1;
  while (taken.includes(namespaceName(run, `s${index}`))) index += 1;
  const server = namespaceName(run, `s${index}`);
  const [userAddress, serverAddress] = [`10.87.${index}.1`, `10.87.${index}.2`];
  ip('netns', 'add', server);
  ip('-n', user, 'link', 'add', `veth${index}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', server);
  // A link-local address comes two seconds late, and Chromium then fails what it loads (ERR_NETWORK_CHANGED).
  ip('-n', user, 'link', 'set', `veth${index}`, 'addrgenmode', 'none');
  ip('-n', server, 'link', 'set', 'eth0', 'addrgenmode', 'none');
  ip('-n', user, 'addr', 'add', `${userAddress}/24`, 'dev', `veth${index}`);
  ip('-n', user, 'link', 'set', `veth${index}`, 'up');
  ip('-n', server, 'addr', 'add', `${serverAddress}/24`, 'dev', 'eth0');
  ip('-n', server, 'link', 'set', 'eth0', 'up');
  ip('-n', server, 'link', 'set', 'lo', 'up');
  const remove = () => ip('netns', 'del', server);
  return { command: ['ip', 'netns', 'exec', server], serverAddress, userAddress, remove };
}

/**
 * Deletes every namespace of a run, and ends what still runs in it; without a run, those that dead runs left behind (a
 * run's id is its process id).
 */
export function deleteNamespaces(run?: string): void {
  for (const name of existing()) {
    const owner = name.split('-')[1] ?? '';
    if (run === undefined ? isAlive(Number(owner)) : owner !== run) continue;
    for (const pid of execFileSync('ip', ['netns', 'pids', name]).toString().split('\n').filter(Boolean)) {
      end(Number(pid));
    }
    ip('netns', 'del', name);
    rmSync(`/etc/netns/${name}`, { recursive: true, force: true });
  }
}

function namespaceName(run: string, role: string): string {
  return `${PREFIX}-${run}-${role}`;
}

function existing(): string[] {
  try {
    return readdirSync('/run/netns').filter((name) => name.startsWith(`${PREFIX}-`));
  } catch {
    return [];
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
