/**
 * The script itself, run by a real shell. What stands for what: `sh` for the server's, this Node for the opencode
 * binary (which runs the same JavaScript; end-to-end tests run it in the real one).
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { relayExit, relayScript } from './relayScript';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listener(): Promise<{ port: number; hits: string[] }> {
  const hits: string[] = [];
  const server = createServer((request, response) => {
    const type = request.headers['content-type'];
    void text(request).then((body) => {
      hits.push([request.method === 'GET' ? '' : `${request.method} ${type} ${body} `, request.url].join(''));
      response.end();
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, hits };
}

/** Puts something else in the place of the folders that programs are taken from. */
function withPath(script: string, folder: string): string {
  return script.replace(/^PATH=.*$/m, () => `PATH=${folder}`);
}

/** A folder that holds a program of the system's. */
function folderWith(...tools: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'courier-relay-'));
  for (const tool of tools) symlinkSync(execFileSync('which', [tool]).toString().trim(), join(folder, tool));
  return folder;
}

/** A program that notes that it ran, and fails. */
function impostor(folder: string, name: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n: > '${join(folder, 'ran')}'\nexit 1\n`, { mode: 0o755 });
}

/**
 * Runs the script. With `curlOnly`, as on a machine without /proc: the shell's parent is not looked at.
 * @param cwd the folder that the terminal starts in, which is the first on its PATH as well
 */
async function run(
  urls: string[],
  { curlOnly = false, program = '/nowhere', cwd = folderWith() } = {},
  body?: string,
): Promise<number> {
  const script = curlOnly
    ? withPath(
        relayScript.replace('/proc/$PPID/exe', () => program),
        folderWith('curl'),
      )
    : relayScript;
  const child: ChildProcess = spawn('/bin/sh', ['-c', script, '-l'], {
    cwd,
    env: {
      PATH: `.:${cwd}`,
      COURIER_URLS: urls.join(' '),
      ...(body === undefined ? {} : { COURIER_BODY: body }),
      http_proxy: 'http://127.0.0.1:9',
      HTTP_PROXY: 'http://127.0.0.1:9',
    },
  });
  const [status] = await once(child, 'exit');
  return status;
}

describe.each([{ curlOnly: false }, { curlOnly: true }])('the relay script %j', (how) => {
  const query = '/auth/callback?code=a%2Fb*&state=x~y&scope=openid+email';

  it('requests the first URL that is answered, once, and past any proxy', async () => {
    const { port, hits } = await listener();
    const urls = [
      `http://[::1]:${port}${query}`,
      `http://127.0.0.1:${port}${query}`,
      `http://localhost:${port}${query}`,
    ];
    expect(await run(urls, how)).toBe(relayExit.answered);
    expect(hits).toEqual([query]);
  });

  it('posts a body to the first URL that is answered, once', async () => {
    const { port, hits } = await listener();
    const body = JSON.stringify({ access_token: `a"b\\c'd`, expires_in: '0', state: '$(id) %s' });
    const urls = [`http://[::1]:${port}/auth/token`, `http://127.0.0.1:${port}/auth/token`];
    expect(await run(urls, how, body)).toBe(relayExit.answered);
    expect(hits).toEqual([`POST application/json ${body} /auth/token`]);
  });

  it('says when nobody listens', async () => {
    const { port } = await listener();
    servers.pop()?.close();
    expect(await run([`http://127.0.0.1:${port}${query}`], how)).toBe(relayExit.nobodyListens);
  });
});

describe('the relay script', () => {
  it('requests nothing where it is given nothing, and says that it could', async () => {
    expect(await run([])).toBe(relayExit.canRun);
    expect(await run([], { curlOnly: true })).toBe(relayExit.nobodyListens);
  });

  it('is a constant that holds its JavaScript between single quotes', () => {
    expect(relayScript.split("-e '")[2]?.split("'")[0]).toContain('COURIER_URLS');
    expect(relayScript).not.toContain('code=');
  });

  it('takes the next program when one cannot start, and sends once', async () => {
    const { port, hits } = await listener();
    const broken = folderWith();
    impostor(broken, 'opencode');
    const how = { curlOnly: true, program: join(broken, 'opencode') };
    expect(await run([`http://127.0.0.1:${port}/cb?code=a`], how)).toBe(relayExit.answered);
    expect(existsSync(join(broken, 'ran'))).toBe(true);
    expect(hits).toEqual(['/cb?code=a']);
  });

  it.each([false, true])(
    'runs nothing that lies in the folder of a project, or on its PATH (curl: %s)',
    async (curlOnly) => {
      const { port, hits } = await listener();
      const project = folderWith();
      for (const name of ['opencode', 'curl', 'sh', 'bun', 'node', 'printf']) impostor(project, name);
      expect(await run([`http://127.0.0.1:${port}/cb?code=a`], { curlOnly, cwd: project })).toBe(relayExit.answered);
      expect(existsSync(join(project, 'ran'))).toBe(false);
      expect(hits).toEqual(['/cb?code=a']);
    },
  );

  it('says when the machine has nothing to request with', async () => {
    const bare = withPath(relayScript.replace('/proc/$PPID/exe', '/nowhere'), '/nowhere');
    const child = spawn('/bin/sh', ['-c', bare], { env: { COURIER_URLS: 'http://127.0.0.1:1/' } });
    const [status] = await once(child, 'exit');
    expect(status).toBe(relayExit.noRunner);
  });
});
