/** The real opencode program, unmodified, as `opencode serve` on a machine of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { models } from './models.ts';

export interface OpencodeOptions {
  /** Path of the program; the pinned `opencode-ai` package when absent. */
  binary?: string | undefined;
  /** `OPENCODE_SERVER_PASSWORD`; an open server when absent. */
  password?: string | undefined;
  /** What to put in front of the command to run it in the server's namespace. */
  command: string[];
  address: string;
  port: number;
  /** CONNECT proxy, and the PEM file of the authority that the stand-in's certificate comes from. */
  httpsProxy: string;
  certificateFile: string;
  /** Whom opencode asks without the proxy: `NO_PROXY`. */
  noProxy: string | undefined;
  /** Files in the folder that opencode is started in, by their paths below it; those that begin with `#!` can be run. */
  project?: Record<string, string> | undefined;
  /** Added to the environment; a function is given the folder that opencode is started in. */
  env?: Record<string, string> | ((folder: string) => Record<string, string>) | undefined;
}

export interface Opencode {
  url: string;
  version: string;
  /** The folder that it is started in. */
  folder: string;
  /** What to put in front of a command to run it on the server's machine. */
  command: string[];
  /** Everything that opencode wrote: standard output and error, and the log files in its home. */
  log(): string;
  /** Everything that opencode has told its clients on `GET /global/event`. */
  events(): string;
  /** What `auth.json` holds. */
  storedCredentials(): Record<string, unknown>;
  /** Every file that it keeps in its home, by its path there: logins, its database, its logs. */
  files(): Record<string, string>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** The paths that were asked for so since the last call of this. */
  takeFetched(): string[];
  /** Halts it, until it is resumed: it takes the machine's time even where nobody asks anything of it. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
  restart(): Promise<void>;
}

/** No entry leads to opencode: the terminal route may not depend on one. */
export const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const pinnedOpencode = resolve('node_modules/opencode-ai/bin/opencode.exe');

export async function startOpencode(options: OpencodeOptions): Promise<Opencode> {
  const home = mkdtempSync(join(tmpdir(), 'courier-opencode-'));
  const folder = join(home, 'project');
  mkdirSync(folder);
  for (const [path, text] of Object.entries(options.project ?? {})) writeProjectFile(join(folder, path), text);
  // It has no browser, as most remote machines. The one that the tests run on may have, and its `xdg-open` looks for it: when
  // that takes longer than half a second, opencode does not say that it could not open one (1.18.33).
  writeProjectFile(join(home, 'bin/xdg-open'), '#!/bin/false\n');
  leavePluginPackage(join(home, '.config/opencode'));
  const catalogue = join(home, 'models.json');
  writeFileSync(catalogue, JSON.stringify(models));
  const url = `http://${options.address}:${options.port}`;
  const authorization: Record<string, string> = options.password
    ? { authorization: `Basic ${Buffer.from(`opencode:${options.password}`).toString('base64')}` }
    : {};
  const fetched: string[] = [];
  const request = (path: string, init: RequestInit = {}) => {
    fetched.push(path);
    return fetch(url + path, { ...init, headers: { ...authorization, ...init.headers } });
  };

  let output = '';
  let events = '';
  let child = await start();
  const health = (await (await request('/global/health')).json()) as { version: string };

  return {
    url,
    version: health.version,
    folder,
    command: options.command,
    log: () => output + Object.values(filesBelow(join(home, '.local/share/opencode/log'))).join('\n'),
    events: () => events,
    storedCredentials() {
      try {
        return JSON.parse(readFileSync(join(home, '.local/share/opencode/auth.json'), 'utf8'));
      } catch {
        return {};
      }
    },
    files: () => filesBelow(home),
    fetch: request,
    takeFetched: () => fetched.splice(0),
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    async stop() {
      await end(child);
      rmSync(home, { recursive: true, force: true });
    },
    async restart() {
      await end(child);
      child = await start();
    },
  };

  async function start(): Promise<ChildProcess> {
    const [program = '', ...args] = [
      ...options.command,
      options.binary ?? pinnedOpencode,
      ...['serve', '--hostname', options.address, '--port', String(options.port)],
      // As much as it can be told to write: nothing secret may be in it.
      ...['--print-logs', '--log-level', 'DEBUG'],
    ];
    const started = spawn(program, args, {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: `${join(home, 'bin')}:${path}`,
        HOME: home,
        TMPDIR: tmpdir(),
        SHELL: '/bin/sh',
        LANG: 'C.UTF-8',
        OPENCODE_DISABLE_AUTOUPDATE: '1',
        OPENCODE_DISABLE_MODELS_FETCH: '1',
        OPENCODE_MODELS_PATH: catalogue,
        HTTPS_PROXY: options.httpsProxy,
        HTTP_PROXY: options.httpsProxy,
        ...(options.noProxy ? { NO_PROXY: options.noProxy } : {}),
        NODE_EXTRA_CA_CERTS: options.certificateFile,
        ...(options.password ? { OPENCODE_SERVER_PASSWORD: options.password } : {}),
        ...(typeof options.env === 'function' ? options.env(folder) : options.env),
      },
    });
    await new Promise<void>((listening, failed) => {
      const read = (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('listening on')) listening();
      };
      output = '';
      started.stdout?.on('data', read);
      started.stderr?.on('data', read);
      started.once('error', failed);
      started.once('exit', (status) => failed(new Error(`opencode ended with ${status}:\n${output}`)));
    });
    void recordEvents();
    return started;
  }

  /** Until the server ends. */
  async function recordEvents(): Promise<void> {
    try {
      const { body } = await request('/global/event');
      for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) events += chunk;
    } catch {
      // The connection ends with the server.
    }
  }
}

/**
 * As after its first start with npm in reach: it installs a package for plugins' sake. Out of reach, it tries again for every
 * instance (`Npm.install`), and the first one takes twice the processor's time (390 ms against 160, 1.18.33).
 */
function leavePluginPackage(folder: string): void {
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  const dependencies = { '@opencode-ai/plugin': '*' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies }));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': { dependencies } } }));
}

/** Writes a file and the folders that it is in. */
export function writeProjectFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

function filesBelow(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(paths.map((path) => [relative(folder, path), readFileSync(path, 'latin1')]));
}
