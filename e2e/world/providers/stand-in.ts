/**
 * What every stand-in for a provider has: its hosts, what it saw, and the two pages that a user sees of it.
 *
 * Each stand-in is one TLS server for all hosts of its provider; which of them is asked for tells the `Host` header.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Certificate } from '../certificates.ts';
import { KEEP_ALIVE_MS } from '../listen.ts';

export interface StandIn {
  /**
   * The names its certificate must have, and that lead to it from opencode through the CONNECT proxy. A browser comes to the
   * first one only.
   */
  hosts: readonly [string, ...string[]];
  server: Server;
  /** Every secret handed out so far: what must be found nowhere after a sign-in. */
  secrets(): string[];
  /** One line for each time that opencode came for a token, or with one: `ok` or the reason for the refusal. */
  exchanges: string[];
  /** One line for each authorization request that was accepted: its `state`, or `''` for a provider without. */
  states: string[];
  /** Where responses were sent. */
  redirectUris: Set<string>;
  /** When set, an authorization request is granted at once by a redirect, as for a user who is logged in already. */
  remembersUser: boolean;
  /** When set, no code is exchanged for a token, whatever it is. */
  refuseExchanges: boolean;
  /** Makes it as it was at first. */
  forget(): void;
}

/** The state of a stand-in, for the module that knows its provider. */
export interface Workings extends StandIn {
  /** Makes a secret, and remembers it. */
  secret(prefix: string): string;
  /** Remembers a secret that opencode made, such as a PKCE verifier. */
  learn(secret: string): void;
}

/** Answers a request whose host and path the provider knows. Returns false for any other: 404. */
export type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => boolean | Promise<boolean>;

export function createStandIn(
  certificate: Certificate,
  hosts: readonly [string, ...string[]],
  handlerOf: (workings: Workings) => Handler,
): StandIn {
  const secrets = new Set<string>();
  const workings: Workings = {
    hosts,
    server: createServer({ ...certificate, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      answer(request, response).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500);
        response.end(String(error));
      });
    }),
    secrets: () => [...secrets],
    exchanges: [],
    states: [],
    redirectUris: new Set(),
    remembersUser: false,
    refuseExchanges: false,
    forget() {
      for (const list of [workings.exchanges, workings.states]) list.length = 0;
      for (const set of [workings.redirectUris, secrets]) set.clear();
      Object.assign(workings, { remembersUser: false, refuseExchanges: false });
    },
    secret(prefix) {
      const value = `${prefix}_${randomBytes(24).toString('base64url')}`;
      secrets.add(value);
      return value;
    },
    learn(secret) {
      if (secret) secrets.add(secret);
    },
  };
  const handler = handlerOf(workings);
  return workings;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Without namespaces a browser may add the port that its resolver rule leads to.
    const host = request.headers.host?.replace(/:\d+$/, '') ?? '';
    const known = hosts.includes(host);
    if (known && (await handler(request, response, new URL(request.url ?? '/', `https://${host}`)))) return;
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
  }
}

/** The page with the two buttons; either one sends the authorization request on to `action`. */
export function consentPage(response: ServerResponse, name: string, action: string, request: URLSearchParams): void {
  page(
    response,
    200,
    `<h1>Log in to ${escapeHtml(name)}</h1><p>Stand-in, not the real one</p>
     <form method="post" action="${escapeHtml(action)}">
       <input type="hidden" name="request" value="${escapeHtml(request.toString())}">
       <button name="decision" value="allow">Continue</button>
       <button name="decision" value="deny">Cancel</button>
     </form>`,
  );
}

/** The provider's own page for a request that it does not accept: it must not redirect then (RFC 6749 §4.1.2.1). */
export function problemPage(response: ServerResponse, problem: string): void {
  page(response, 400, `<h1>Authorization error</h1><p role="alert">${escapeHtml(problem)}</p>`);
}

export function page(response: ServerResponse, status: number, body: string): void {
  response
    .writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
    .end(`<!doctype html><meta name="viewport" content="width=device-width"><title>Log in</title>
      <style>body{font:16px/1.5 system-ui;max-width:24rem;margin:15vh auto;text-align:center}button{padding:.6rem 1.4rem;font:inherit;margin:.3rem}</style>${body}`);
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(body));
}

export function redirect(response: ServerResponse, location: URL): void {
  response.writeHead(302, { location: location.href, 'cache-control': 'no-store' }).end();
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
