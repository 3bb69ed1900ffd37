/** A TLS reverse proxy in front of an opencode server, as people run one: WebSockets and streams go through. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import httpProxy from 'http-proxy-3';
import type { Certificate } from './certificates.ts';

/** Answers a request in the proxy's place: a gateway's login page, a 502. Returns whether it did. */
export type Interception = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface ReverseProxy {
  server: Server;
  /** One line for each request, as a proxy's access log has it: method, path with query, status. */
  accessLog: string[];
  /** The same for whoever reads why a test failed: when each was asked and answered, and where opencode's client was sent. */
  report: string[];
  /** The projects that requests were about, as opencode's header names them. */
  directories: Set<string>;
  /** The bodies by which opencode was told to request something: of each `POST /mcp`, and of each that starts a terminal. */
  orders: string[];
  /** When set, asked first about every request. */
  intercept: Interception | undefined;
  /** Answers a request that was held back, as if it came now. */
  answer(request: IncomingMessage, response: ServerResponse): void;
  /** Hands a request that was intercepted to opencode after all, or to another port of its machine. */
  pass(request: IncomingMessage, response: ServerResponse, port?: number): Promise<void>;
}

export function createReverseProxy(certificate: Certificate, target: () => string): ReverseProxy {
  const upstream = httpProxy.createProxyServer({ ws: true, xfwd: true });
  const reverseProxy: ReverseProxy = {
    server: createServer(certificate, (request, response) => {
      const askedAt = secondsNow();
      response.on('close', () => {
        const line = `${request.method} ${request.url} ${response.statusCode}`;
        reverseProxy.accessLog.push(line);
        const end = response.writableFinished ? '' : ', not answered to its end';
        reverseProxy.report.push(`${askedAt}–${secondsNow()} s ${line}${end}`);
      });
      const directory = request.headers['x-opencode-directory'];
      if (directory) reverseProxy.directories.add(String(directory));
      reverseProxy.answer(request, response);
    }),
    accessLog: [],
    report: [],
    directories: new Set(),
    orders: [],
    intercept: undefined,
    answer(request, response) {
      if (!reverseProxy.intercept?.(request, response)) void reverseProxy.pass(request, response);
    },
    async pass(request, response, port) {
      const upstreamUrl = new URL(target());
      if (port) upstreamUrl.port = String(port);
      if (request.method === 'POST' && /^\/(mcp|pty|api\/pty)$/.test(request.url ?? '')) {
        const body = await peek(request);
        reverseProxy.orders.push(body);
        const url = /https?:[^" ]*/.exec(body)?.[0] ?? 'no URL';
        reverseProxy.report.push(`${secondsNow()} s ${request.url}: it is sent to ${url}`);
      }
      upstream.web(request, response, { target: upstreamUrl.origin }, () => {
        if (!response.headersSent) response.writeHead(502, { 'content-type': 'text/html' });
        response.end('<h1>502 Bad Gateway</h1>');
      });
    },
  };
  reverseProxy.server.on('upgrade', (request, socket, head) => {
    reverseProxy.accessLog.push(`${request.method} ${request.url} 101`);
    upstream.ws(request, socket, head, { target: target() }, () => socket.destroy());
  });
  return reverseProxy;
}

/** Of this process, so that those of several servers can be compared. */
function secondsNow(): string {
  return (performance.now() / 1_000).toFixed(2);
}

/** A request's body, which stays there for whoever reads the request. */
async function peek(request: IncomingMessage): Promise<string> {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length === 0) return '';
  while (request.readableLength < length && !request.destroyed) {
    request.read(0);
    if (request.readableLength < length) await Promise.race([once(request, 'readable'), once(request, 'close')]);
  }
  const body: Buffer | null = request.read(length);
  if (!body) return '';
  request.unshift(body);
  return body.toString();
}
