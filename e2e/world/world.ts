/**
 * What surrounds the extension in every test: opencode servers behind TLS reverse proxies on machines of their own,
 * the stand-ins for the providers, and the CONNECT proxy through which the servers reach those and nothing else.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import type { Server } from 'node:https';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { Server as ConnectProxy, RequestError } from 'proxy-chain';
import { type CertificateAuthority, createCertificateAuthority } from './certificates.ts';
import { listen } from './listen.ts';
import { createLoopback, type Loopback } from './loopback-listener.ts';
import { createServerNamespace, namespaceRun, type ServerNamespace, type UserHost, userHosts } from './namespaces.ts';
import { type Opencode, type OpencodeOptions, startOpencode } from './opencode.ts';
import { createProviders, type Providers } from './providers/providers.ts';
import { createReverseProxy, type ReverseProxy } from './reverse-proxy.ts';
import { createWebUiHost, WEB_UI_HOST, type WebUiHost } from './web-ui-host.ts';

export interface RemoteServer {
  /** What a user types into the popup. */
  url: string;
  host: UserHost;
  password: string | undefined;
  opencode: Opencode;
  reverseProxy: ReverseProxy;
  /** Makes the server's URL refuse connections, as a machine that is off; opencode keeps running. */
  goDown(): Promise<void>;
  comeBack(): Promise<void>;
  /** The loopback of the server's machine, for programs of the test's own there. */
  loopback: Loopback;
}

export interface ServerOptions {
  /** `OPENCODE_SERVER_PASSWORD`; an open server without it. */
  password?: string | undefined;
  /** Of the reverse proxy; 443 when absent. */
  port?: number;
  /** Path of another opencode program than the pinned one. */
  binary?: string | undefined;
  /**
   * opencode has `HTTP_PROXY` and no `NO_PROXY` for the loopback, as behind a careless company's proxy: what its MCP client
   * asks of the loopback goes to the proxy (measured, 1.18.33). What came there is in `proxiedRequests`.
   */
  loopbackProxied?: boolean | undefined;
  /** Files in the folder that opencode is started in, by their paths below it; those that begin with `#!` can be run. */
  project?: Record<string, string> | undefined;
  /** Added to opencode's environment. */
  env?: OpencodeOptions['env'];
  /**
   * Not one that an earlier test had: opencode leaves ChatGPT's listener there after a sign-in that did not complete, and the
   * popup takes it for somebody else's.
   */
  isFresh?: true;
}

export interface World {
  authority: CertificateAuthority;
  /** Every provider that opencode can sign in to, and an MCP server. */
  providers: Providers;
  /** Where old releases of opencode forward what they do not know. Only opencode comes here, through the CONNECT proxy. */
  webUiHost: WebUiHost;
  /** Hosts that an opencode server asked the CONNECT proxy for. */
  connections: string[];
  /** Plain HTTP requests that came to that proxy, as `GET http://…`: none is passed on. */
  proxiedRequests: string[];
  /** For Chromium's `--host-resolver-rules`: which name leads where, and that `localhost:1455` leads nowhere. */
  resolverRules(): string;
  addServer(host: UserHost, options?: ServerOptions): Promise<RemoteServer>;
  /** What the servers and the providers of this test were asked, without the queries, which may hold codes: for whoever reads why it failed. */
  report(): string;
  /** Puts any other TLS server on one of the user's hosts; answers its origin. */
  addSite(host: UserHost, server: Server, port?: number): Promise<string>;
  /** Starts a program of the user's own machine on port 1455 of its loopback. */
  listenOnUserPort1455(server: HttpServer): Promise<void>;
  /** Starts a program of the user's own machine on another port of its loopback; 0 for any. Answers the port. */
  listenOnUserPort(server: HttpServer, port: number): Promise<number>;
  /**
   * As it was at first, for the next test: what was added is gone, and the stand-ins have forgotten everything. The opencode
   * programs run on, signed in to nothing, until a server of their kind is added again: to start one takes seconds.
   */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** An opencode program on a machine of its own. */
interface Machine {
  /** What sets it apart from other machines. */
  kind: Pick<ServerOptions, 'password' | 'loopbackProxied'>;
  /** Whether a later test may have it. */
  canBeKept: boolean;
  opencode: Opencode;
  /** Where the test has put it. */
  accessLog: string[];
  loopback: Loopback;
  stop(): Promise<void>;
}

/** How many opencode programs may wait for another test. */
const MOST_KEPT = 4;

export async function createWorld(): Promise<World> {
  const authority = await createCertificateAuthority();
  const folder = mkdtempSync(join(tmpdir(), 'courier-world-'));
  const certificateFile = join(folder, 'ca.pem');
  writeFileSync(certificateFile, authority.cert);

  const servers: (Server | HttpServer)[] = [];
  const inUse = new Set<Machine>();
  const kept: Machine[] = [];
  // Without namespaces every host has a port of this machine in place of its 443, known before a browser starts.
  const reserved = new Map<UserHost, number>();
  if (!namespaceRun) for (const host of hostNames) reserved.set(host, await freePort());
  // opencode's listener shares this machine's loopback then: the browser's port 1455 has to be another.
  const userPort1455 = namespaceRun ? 1455 : await freePort();
  const connections: string[] = [];
  const proxiedRequests: string[] = [];

  const providers = await createProviders(authority);
  const webUiHost = createWebUiHost(await authority.issue(WEB_UI_HOST));
  const standIns = new Map<string, Server>([[WEB_UI_HOST, webUiHost.server]]);
  for (const { hosts, server } of Object.values(providers)) for (const host of hosts) standIns.set(host, server);
  const connectProxy = new ConnectProxy({
    host: namespaceRun ? '0.0.0.0' : '127.0.0.1',
    port: 0,
    prepareRequestFunction({ hostname, port, isHttp, request }) {
      connections.push(`${hostname}:${port}`);
      if (isHttp) proxiedRequests.push(`${request.method} ${request.url}`);
      const customConnectServer = standIns.get(hostname);
      if (!customConnectServer) throw new RequestError('no way out of the tests', 403);
      return { customConnectServer };
    },
  });
  await connectProxy.listen();

  const reports = new Map<string, string[]>();

  const world: World = {
    authority,
    providers,
    webUiHost,
    connections,
    proxiedRequests,
    resolverRules: () =>
      [...reserved]
        .flatMap(([host, port]) => [`MAP ${host}:443 127.0.0.1:${port}`, `MAP ${host} 127.0.0.1`])
        .concat(namespaceRun ? [] : [`MAP localhost:1455 127.0.0.1:${userPort1455}`])
        .join(', '),

    async addServer(host, options = {}) {
      const { password, port = 443 } = options;
      const machine = takeKept(options) ?? (await startMachine(options));
      inUse.add(machine);
      const { opencode, loopback } = machine;
      const reverseProxy = createReverseProxy(await authority.issue(host), () => opencode.url);
      machine.accessLog = reverseProxy.accessLog;
      const sockets = new Set<Socket>();
      reverseProxy.server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
      });
      const url = await world.addSite(host, reverseProxy.server, port);
      reports.set(url, reverseProxy.report);
      return {
        ...{ url, host, password, opencode, reverseProxy, loopback },
        async goDown() {
          reverseProxy.server.close();
          // Not only those that `closeAllConnections` knows of: one that is still in its TLS handshake would live on.
          for (const socket of sockets) socket.destroy();
        },
        async comeBack() {
          await world.addSite(host, reverseProxy.server, port);
        },
      };
    },

    report() {
      const exchanges = Object.entries(providers).map(([name, { exchanges: seen }]) => `${name}: ${seen.join(', ')}`);
      return [...reports, ['exchanges at the providers', exchanges] as const, ['the way out', connections] as const]
        .map(([of, lines]) => [of, ...lines.map((line) => line.replace(/\?\S*/, '?…'))].join('\n  '))
        .join('\n');
    },

    async addSite(host, server, port = 443) {
      const here = port === 443 ? (reserved.get(host) ?? port) : port;
      await listen(server, here, namespaceRun ? userHosts[host] : '127.0.0.1');
      servers.push(server);
      return port === 443 ? `https://${host}` : `https://${host}:${port}`;
    },

    async listenOnUserPort1455(server) {
      await listen(server, userPort1455, '127.0.0.1');
      servers.push(server);
    },

    async listenOnUserPort(server, port) {
      servers.push(server);
      return listen(server, port, '127.0.0.1');
    },

    async reset() {
      for (const server of servers.splice(standInSites)) end(server);
      for (const standIn of Object.values(providers)) standIn.forget();
      for (const list of [connections, proxiedRequests, webUiHost.requests]) list.length = 0;
      reports.clear();
      const used = [...inUse];
      inUse.clear();
      await Promise.all(
        used.map(async (machine) => {
          // First what the test has put there: it may have the port of opencode's listener.
          await machine.loopback.stop();
          const isAsNew = machine.canBeKept && (await forgetLogins(machine).catch(() => false));
          if (!isAsNew) return machine.stop();
          machine.loopback = createLoopback(machine.opencode.command);
          machine.opencode.pause();
          kept.push(machine);
        }),
      );
      await Promise.all(kept.splice(0, kept.length - MOST_KEPT).map((machine) => machine.stop()));
    },

    async close() {
      await Promise.all([...inUse, ...kept].map((machine) => machine.stop()));
      for (const server of servers) end(server);
      await connectProxy.close(true);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  for (const host of hostNames) {
    const standIn = standIns.get(host);
    if (standIn) await world.addSite(host, standIn);
  }
  const standInSites = servers.length;
  return world;

  function takeKept(options: ServerOptions): Machine | undefined {
    const index = kept.findLastIndex(({ kind }) => isDeepStrictEqual(kind, kindOf(options)));
    if (index < 0 || !canBeKept(options)) return undefined;
    const [machine] = kept.splice(index, 1);
    machine?.opencode.resume();
    return machine;
  }

  async function startMachine(options: ServerOptions): Promise<Machine> {
    const { password, binary, loopbackProxied, project, env } = options;
    const namespace = namespaceRun ? createServerNamespace(namespaceRun) : undefined;
    const opencode = await startOpencode({
      binary,
      password,
      command: namespace?.command ?? [],
      address: namespace?.serverAddress ?? '127.0.0.1',
      port: namespace ? 4096 : await freePort(),
      httpsProxy: `http://${userSideOf(namespace)}:${connectProxy.port}`,
      noProxy: loopbackProxied ? undefined : 'localhost,127.0.0.1,::1',
      certificateFile,
      project,
      env,
    });
    const machine: Machine = {
      kind: kindOf(options),
      canBeKept: canBeKept(options),
      opencode,
      accessLog: [],
      loopback: createLoopback(opencode.command),
      async stop() {
        await Promise.all([opencode.stop(), machine.loopback.stop()]);
        namespace?.remove();
      },
    };
    return machine;
  }
}

function kindOf({ password, loopbackProxied }: ServerOptions): Machine['kind'] {
  return { password, loopbackProxied };
}

/** What a test has brought along it takes away. */
function canBeKept({ binary, project, env, isFresh }: ServerOptions): boolean {
  return binary === undefined && project === undefined && env === undefined && !isFresh;
}

/** @returns whether all is forgotten: an MCP server stays in the configuration, and a sign-in may leave its clock behind */
async function forgetLogins(machine: Machine): Promise<boolean> {
  const { opencode } = machine;
  if (!(await endSignIns(machine))) return false;
  const configuration = (await (await opencode.fetch('/global/config')).json()) as { mcp?: object };
  if (Object.keys(configuration.mcp ?? {}).length > 0) return false;
  for (const id of Object.keys(opencode.storedCredentials())) await opencode.fetch(`/auth/${id}`, { method: 'DELETE' });
  await opencode.fetch('/instance/dispose', { method: 'POST' });
  return true;
}

/**
 * Ends the sign-in that waits. opencode gives each to ChatGPT or DigitalOcean five minutes, and then drops the one that waits at
 * that moment, whichever it is: its callback endpoint never answers (measured, 1.18.33). So the clock of one that was started
 * and replaced by another would end a later test's.
 * @returns whether no clock runs any more
 */
async function endSignIns({ opencode, accessLog }: Machine): Promise<boolean> {
  const asked = [...opencode.takeFetched(), ...accessLog];
  const logins = opencode.storedCredentials();
  const unfinished = (id: string) =>
    asked.filter((line) => line.includes(`/provider/${id}/oauth/authorize`)).length - (id in logins ? 1 : 0);
  const curl = ['curl', '--silent', '--fail', '--max-time', '2', 'http://localhost:1455/cancel'];
  const [program = '', ...args] = [...opencode.command, ...curl];
  // The listener of the last one, if it is still there, ends that one.
  const isCancelled = await promisify(execFile)(program, args).then(
    () => true,
    () => false,
  );
  return unfinished('openai') <= (isCancelled ? 1 : 0) && unfinished('digitalocean') <= 0;
}

function end(server: Server | HttpServer): void {
  server.close();
  server.closeAllConnections();
}

const hostNames = Object.keys(userHosts) as UserHost[];

function userSideOf(namespace: ServerNamespace | undefined): string {
  return namespace?.userAddress ?? '127.0.0.1';
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, 0, '127.0.0.1');
  server.close();
  return port;
}
