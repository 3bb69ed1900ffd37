/**
 * Stands in for `https://app.opencode.ai`. Releases of opencode up to 1.3 have no web UI of their own: whatever path they
 * do not know, with its method and body, they forward to this host and show its answer (measured, 1.1.31 to 1.3.2).
 *
 * The page that it serves does what those releases' web UI did: `authorize`, the provider in a new tab by `window.open`
 * without an opener, and the callback endpoint held open until the sign-in has ended.
 */
import { createServer, type Server } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Certificate } from './certificates.ts';

export const WEB_UI_HOST = 'app.opencode.ai';

export interface ForwardedRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface WebUiHost {
  server: Server;
  /** Every request that reached it, whole. */
  requests: ForwardedRequest[];
}

export function createWebUiHost(certificate: Certificate): WebUiHost {
  const requests: ForwardedRequest[] = [];
  const server = createServer(certificate, async (request, response) => {
    const { method = '', url: path = '', headers } = request;
    requests.push({ method, path, headers, body: await text(request) });
    if (path === '/assets/index.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    // As a single-page application's host does: its page for every path.
    else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
  });
  return { server, requests };
}

const page = `<!doctype html><title>OpenCode</title>
  <h1>Stand-in for the web UI of ${WEB_UI_HOST}</h1>
  <button>Connect OpenAI</button><p role="status"></p><script src="/assets/index.js"></script>`;

/** In a file of its own: opencode adds a content security policy that forbids scripts in the page. */
const script = `
const status = document.querySelector('[role=status]');
document.querySelector('button').onclick = async () => {
  const post = (path) =>
    fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"method":0}' });
  const { url } = await (await post('/provider/openai/oauth/authorize')).json();
  window.open(url, '_blank', 'noopener,noreferrer');
  status.textContent = 'Waiting for authorization...';
  const outcome = await post('/provider/openai/oauth/callback');
  status.textContent = outcome.ok && (await outcome.json()) === true ? 'OpenAI connected' : 'Authorization failed';
};
`;
