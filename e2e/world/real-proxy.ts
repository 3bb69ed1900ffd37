/**
 * nginx and Caddy as Debian packages them, on the machine that opencode runs on, with the very files of `docs/deploy`.
 * What the documents tell an administrator to change is changed here too, and nothing else: see `nginxFiles` and `caddy`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream';
import { text } from 'node:stream/consumers';
import { listen } from './listen.ts';
import { userHosts } from './namespaces.ts';
import type { RemoteServer, World } from './world.ts';

/** Who asks for the login: opencode for its own password, nginx for one, or a gateway. */
export type Login = 'password' | 'basic' | 'sso';

export interface RealProxies {
  /** Puts nginx in front of a server, in place of the proxy that the world gave it. */
  nginx(server: RemoteServer, login: Login, gateway?: Gateway): Promise<void>;
  /** The same with Caddy. */
  caddy(server: RemoteServer, login: Exclude<Login, 'basic'>, gateway?: Gateway): Promise<void>;
  /** Starts a gateway that a server's proxy can reach. */
  gateway(server: RemoteServer): Promise<Gateway>;
  /** Everything that proxies and gateways logged: errors and accesses. */
  log(): string;
  close(): Promise<void>;
}

/** What stands in the documents, for what is particular to an administrator's machine. */
const documented = {
  opencode: '127.0.0.1:4096',
  gateway: '127.0.0.1:4180',
  site: 'opencode.example.com',
} as const;

export function createRealProxies(world: World): RealProxies {
  const closers: (() => Promise<void>)[] = [];
  const logs: (() => string)[] = [];

  return {
    async nginx(server, login, gateway) {
      const folder = await folderWithCertificate(server);
      for (const [name, content] of Object.entries(nginxFiles(folder, server, login, gateway))) {
        writeFileSync(join(folder, name), content);
      }
      if (login === 'basic') writeFileSync(join(folder, 'htpasswd'), `opencode:{PLAIN}${server.password}\n`);
      await run(
        server,
        ['/usr/sbin/nginx', '-e', 'stderr', '-c', join(folder, 'main.conf')],
        {},
        'start worker process',
      );
      logs.push(() => readFileSync(join(folder, 'opencode.log'), 'utf8'));
    },

    async caddy(server, login, gateway) {
      const folder = await folderWithCertificate(server);
      writeFileSync(
        join(folder, 'Caddyfile'),
        deployFile('Caddyfile', { '# tls /etc/caddy/': 'tls /etc/caddy/', '/etc/caddy/': `${folder}/` }),
      );
      const variables = {
        HOME: folder,
        SITE: server.host,
        LOGIN: login,
        OPENCODE: new URL(server.opencode.url).host,
        ...(gateway ? { GATEWAY: gateway.address } : {}),
      };
      await run(
        server,
        ['/usr/bin/caddy', 'run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')],
        variables,
        'serving initial configuration',
      );
    },

    async gateway(server) {
      const gateway = await startGateway(server);
      closers.push(gateway.close);
      logs.push(() => gateway.requests.join('\n'));
      return gateway;
    },

    log: () => logs.map((log) => log()).join('\n'),

    async close() {
      for (const close of closers.reverse()) await close();
    },
  };

  /** A folder in place of `/etc`, with a certificate under the names that the documents use. */
  async function folderWithCertificate(server: RemoteServer): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'courier-proxy-'));
    closers.push(async () => rmSync(folder, { recursive: true, force: true }));
    const { cert, key } = await world.authority.issue(server.host);
    writeFileSync(join(folder, 'fullchain.pem'), cert);
    writeFileSync(join(folder, 'privkey.pem'), key);
    return folder;
  }

  /** Runs a proxy on the server's machine until it says that it is ready, and leads the server's URL to it. */
  async function run(
    server: RemoteServer,
    command: string[],
    env: Record<string, string>,
    ready: string,
  ): Promise<void> {
    const [program = '', ...args] = [...server.opencode.command, ...command];
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, ...env },
    });
    closers.push(() => end(child));
    let output = '';
    logs.push(() => output);
    await new Promise<void>((listening, failed) => {
      child.stderr.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes(ready)) listening();
      });
      child.once('error', failed);
      child.once('exit', (status) => failed(new Error(`${command[0]} ended with ${status}:\n${output}`)));
    });
    await server.goDown();
    closers.push(await forward(userHosts[server.host], new URL(server.opencode.url).hostname));
  }
}

/** The files of `docs/deploy/nginx.md`, and around them the little of a main configuration that Debian brings along. */
function nginxFiles(folder: string, server: RemoteServer, login: Login, gateway: Gateway | undefined) {
  return {
    'main.conf': `
      daemon off;
      # The worker has to read a folder that is root's.
      user root;
      pid ${folder}/nginx.pid;
      error_log stderr notice;
      events {}
      http { include ${folder}/opencode.conf; }
    `,
    'opencode.conf': deployFile('nginx.conf', {
      [documented.opencode]: new URL(server.opencode.url).host,
      [documented.site]: server.host,
      'include /etc/nginx/opencode/login-password.conf;': `include ${folder}/login-${login}.conf;`,
      '/etc/ssl/opencode/': `${folder}/`,
      '/var/log/nginx/': `${folder}/`,
    }),
    [`login-${login}.conf`]: deployFile(`nginx-login-${login}.conf`, {
      ...(login === 'basic' ? { '/etc/nginx/opencode/htpasswd': `${folder}/htpasswd` } : {}),
      ...(gateway ? { [documented.gateway]: gateway.address } : {}),
    }),
  };
}

/** A file of `docs/deploy` with some of its text replaced. @throws when the text is not there */
function deployFile(name: string, replacements: Record<string, string>): string {
  let content = readFileSync(resolve('docs/deploy', name), 'utf8');
  for (const [from, to] of Object.entries(replacements)) {
    if (!content.includes(from)) throw new Error(`docs/deploy/${name} has no "${from}"`);
    content = content.replaceAll(from, to);
  }
  return content;
}

/** Stands for the network: leads port 443 of an address on the user's side to the server's machine. Answers how to end it. */
async function forward(from: string, to: string): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
  const tunnel = createTcpServer((socket) => {
    const upstream = connect(443, to);
    for (const [source, target] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(source);
      source.once('close', () => sockets.delete(source));
      // Either side may break off at any time: the other then ends too, after what is still on its way to it.
      pipeline(source, target, () => {});
    }
  });
  await listen(tunnel, 443, from);
  return async () => {
    tunnel.close();
    for (const socket of sockets) socket.destroy();
  };
}

export interface Gateway {
  /** Host and port, as the proxy reaches it. */
  address: string;
  /** What a browser that is logged in sends as `Cookie`. */
  cookie: string;
  /** Every request that it saw: URL and headers. */
  requests: string[];
  /** Whether it still knows the session; set to false it is as after a day. */
  hasSession: boolean;
}

/** oauth2-proxy's session is encrypted and signed tokens: too long for one cookie, so it comes in several. */
const SESSION_COOKIES = 4;
const SESSION_COOKIE_BYTES = 4_000;

/**
 * Stands for oauth2-proxy as far as a reverse proxy sees it: `/oauth2/auth` answers 202 or 401 by the session cookies,
 * `/oauth2/sign_in` shows a page whose button begins a login, and a login sets the cookies and leads to `rd`. The button
 * of the real one leads to an identity provider and back; here it is the login.
 */
async function startGateway(server: RemoteServer): Promise<Gateway & { close(): Promise<void> }> {
  const session = Array.from({ length: SESSION_COOKIES }, (_, index) => {
    return `_oauth2_proxy_${index}=${randomBytes(SESSION_COOKIE_BYTES / 2).toString('hex')}`;
  });
  const http = createServer({ maxHeaderSize: 65_536 }, (request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  // The proxy runs on the server's machine: it reaches this process where a connection of ours to opencode comes from.
  const probe = connect(Number(new URL(server.opencode.url).port), new URL(server.opencode.url).hostname);
  await once(probe, 'connect');
  const host = probe.localAddress ?? '127.0.0.1';
  probe.destroy();
  const port = await listen(http, 0, host);

  const gateway = {
    address: `${host}:${port}`,
    cookie: session.join('; '),
    requests: [] as string[],
    hasSession: true,
    async close() {
      http.close();
      http.closeAllConnections();
    },
  };
  return gateway;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    gateway.requests.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://gateway');
    if (pathname === '/oauth2/auth') {
      const cookies = request.headers.cookie?.split('; ') ?? [];
      const isLoggedIn = gateway.hasSession && session.every((cookie) => cookies.includes(cookie));
      response.writeHead(isLoggedIn ? 202 : 401).end();
    } else if (pathname === '/oauth2/sign_in' && request.method === 'GET') {
      const target = (searchParams.get('rd') ?? '/').replaceAll('&', '&amp;').replaceAll('"', '&quot;');
      response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
        .end(`<!doctype html><form method="post"><input type="hidden" name="rd" value="${target}">
          <button>Sign in with Example</button></form>`);
    } else if (pathname === '/oauth2/sign_in' && request.method === 'POST') {
      gateway.hasSession = true;
      const target = new URLSearchParams(await text(request)).get('rd') ?? '/';
      const cookies = session.map((cookie) => `${cookie}; Path=/; Secure; HttpOnly; SameSite=Lax`);
      response.writeHead(302, { location: target, 'set-cookie': cookies }).end();
    } else {
      response.writeHead(404).end();
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
