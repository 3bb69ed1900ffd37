/** Web sites that have nothing to do with opencode, and development servers on the user's own machine. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { listen } from '../e2e/world/listen.ts';

export interface Sites {
  /** Chromium's resolver leads every name under `example.org` here. */
  resolverRules: string;
  /** The port of the sites, for a browser that cannot be led to it. */
  port: number;
  /** Ports of the user's own loopback on which a development server listens. */
  developmentPorts: number[];
  close(): void;
}

const RESOURCES = 12;

/** Every address answers a page with a style sheet, scripts and pictures, and a request that its script makes. */
export async function startSites(): Promise<Sites> {
  const servers = Array.from({ length: 4 }, () => createServer((request, response) => void answer(request, response)));
  const [port = 0, ...developmentPorts] = await Promise.all(servers.map((server) => listen(server, 0, '127.0.0.1')));
  return {
    resolverRules: `MAP *.example.org:80 127.0.0.1:${port}`,
    port,
    developmentPorts,
    close() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

const page = `<!doctype html><title>A page</title><link rel="stylesheet" href="/style.css"><h1>A page</h1>
${Array.from({ length: RESOURCES }, (_, index) => `<img src="/picture-${index}.svg" alt="" width="9" height="9">`).join('')}
<script src="/script.js"></script>`;
const picture = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle cx="4" cy="4" r="4"/></svg>';
const files: Record<string, [type: string, body: string]> = {
  css: ['text/css', 'h1 { font: 2rem sans-serif }'],
  js: ['text/javascript', 'void fetch("/api/session/openid/oauth/authorize", { method: "POST" });'],
  svg: ['image/svg+xml', picture],
};

/** As from a server nearby. */
const ANSWER_AFTER_MS = 20;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const [type, body] = files[pathname.split('.')[1] ?? ''] ?? ['text/html', page];
  await setTimeout(ANSWER_AFTER_MS);
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}
