/**
 * What surrounds the extension in every test: opencode servers behind TLS reverse proxies on machines of their own,
 * the stand-ins for the providers, and the CONNECT proxy through which the servers reach those and nothing else.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import type { Server } from 'node:https';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server as ConnectProxy, RequestError } from 'proxy-chain';
import { type CertificateAuthority, createCertificateAuthority } from './certificates.ts';
import { createIdentityProvider, type IdentityProvider } from './identity-provider.ts';
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
}

export interface World {
  authority: CertificateAuthority;
  identityProvider: IdentityProvider;
  /** Every other provider that opencode can sign in to, and an MCP server. */
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
  /** Puts any other TLS server on one of the user's hosts; answers its origin. */
  addSite(host: UserHost, server: Server, port?: number): Promise<string>;
  /** Starts a program of the user's own machine on port 1455 of its loopback. */
  listenOnUserPort1455(server: HttpServer): Promise<void>;
  /** Starts a program of the user's own machine on another port of its loopback; 0 for any. Answers the port. */
  listenOnUserPort(server: HttpServer, port: number): Promise<number>;
  close(): Promise<void>;
}

export async function createWorld(): Promise<World> {
  const authority = await createCertificateAuthority();
  const folder = mkdtempSync(join(tmpdir(), 'courier-world-'));
  const certificateFile = join(folder, 'ca.pem');
  writeFileSync(certificateFile, authority.cert);

  const servers: (Server | HttpServer)[] = [];
  const opencodes: Opencode[] = [];
  const loopbacks: Loopback[] = [];
  const namespaces: ServerNamespace[] = [];
  // Without namespaces every host has a port of this machine in place of its 443, known before a browser starts.
  const reserved = new Map<UserHost, number>();
  if (!namespaceRun) for (const host of hostNames) reserved.set(host, await freePort());
  // opencode's listener shares this machine's loopback then: the browser's port 1455 has to be another.
  const userPort1455 = namespaceRun ? 1455 : await freePort();
  const connections: string[] = [];
  const proxiedRequests: string[] = [];

  const identityProvider = createIdentityProvider(await authority.issue('auth.openai.com'));
  const providers = await createProviders(authority);
  const webUiHost = createWebUiHost(await authority.issue(WEB_UI_HOST));
  const standIns = new Map<string, Server>([
    ['auth.openai.com', identityProvider.server],
    [WEB_UI_HOST, webUiHost.server],
  ]);
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

  const world: World = {
    authority,
    identityProvider,
    providers,
    webUiHost,
    connections,
    proxiedRequests,
    resolverRules: () =>
      [...reserved]
        .flatMap(([host, port]) => [`MAP ${host}:443 127.0.0.1:${port}`, `MAP ${host} 127.0.0.1`])
        .concat(namespaceRun ? [] : [`MAP localhost:1455 127.0.0.1:${userPort1455}`])
        .join(', '),

    async addServer(host, { password, port = 443, binary, loopbackProxied, project, env } = {}) {
      const namespace = namespaceRun ? createServerNamespace(namespaceRun) : undefined;
      if (namespace) namespaces.push(namespace);
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
      opencodes.push(opencode);
      const loopback = createLoopback(opencode.command);
      loopbacks.push(loopback);
      const reverseProxy = createReverseProxy(await authority.issue(host), () => opencode.url);
      const sockets = new Set<Socket>();
      reverseProxy.server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
      });
      const url = await world.addSite(host, reverseProxy.server, port);
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

    async close() {
      await Promise.all(opencodes.map((opencode) => opencode.stop()));
      await Promise.all(loopbacks.map((loopback) => loopback.stop()));
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
      await connectProxy.close(true);
      for (const namespace of namespaces) namespace.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  for (const host of hostNames) {
    const standIn = standIns.get(host);
    if (standIn) await world.addSite(host, standIn);
  }
  return world;
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
