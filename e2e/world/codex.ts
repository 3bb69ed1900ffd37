/**
 * The real Codex CLI, unmodified, as `codex login` on the user's own machine: its response belongs to its own listener, on
 * 127.0.0.1:1455. `auth.openai.com` leads to the stand-in there, so it has to run in the user's namespace.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CertificateAuthority } from './certificates.ts';
import { namespaceRun } from './namespaces.ts';

export interface CodexLogin {
  /** What it prints, for the user to open. */
  url: string;
  /** One line of its own log for each request that came to its listener. */
  callbacks(): string[];
  /** What its `auth.json` holds. */
  storedCredentials(): Record<string, unknown>;
  /** Its exit status, when it has ended by itself. */
  ended: Promise<number | null>;
  stop(): Promise<void>;
}

export async function startCodexLogin(authority: CertificateAuthority): Promise<CodexLogin> {
  if (!namespaceRun) throw new Error('Codex CLI needs a machine of its own: elsewhere it would ask the real provider');
  const home = mkdtempSync(join(tmpdir(), 'courier-codex-'));
  const certificateFile = join(home, 'ca.pem');
  writeFileSync(certificateFile, authority.cert);
  const child = spawn(process.execPath, [resolve('node_modules/@openai/codex/bin/codex.js'), 'login'], {
    cwd: home,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Without a PATH it finds no browser of its own to open.
    env: { HOME: home, PATH: home, LANG: 'C.UTF-8', CODEX_CA_CERTIFICATE: certificateFile },
  });
  const ended = once(child, 'exit').then(([status]) => status as number | null);
  const read = (path: string) => {
    try {
      return readFileSync(join(home, '.codex', path), 'utf8');
    } catch {
      return '';
    }
  };

  let output = '';
  const url = await new Promise<string>((printed, failed) => {
    const look = (chunk: Buffer) => {
      output += chunk.toString();
      const [found] = /^https:\S+(?=\s)/m.exec(output) ?? [];
      if (found) printed(found);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    void ended.then((status) => failed(new Error(`codex ended with ${status}:\n${output}`)));
  });

  return {
    url,
    callbacks: () =>
      read('log/codex-login.log')
        .split('\n')
        .filter((line) => line.includes('received login callback')),
    storedCredentials: () => JSON.parse(read('auth.json') || '{}') as Record<string, unknown>,
    ended,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}
