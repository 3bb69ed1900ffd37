/**
 * Stands in for `https://auth.openai.com`, the one part of the tests that is not real.
 *
 * It checks what the real one checks: client, redirect URI, response type and scope of the authorization request
 * (RFC 6749 §4.1.1), PKCE with S256 only (RFC 7636), and at the token endpoint the client, the redirect URI, the
 * verifier, single use and a short life of the code (RFC 6749 §4.1.3). The parameters were compared with those that
 * opencode 1.18.33 and Codex CLI 0.169.0 send: they are what the released programs use against the real provider. After the
 * code Codex CLI also asks for an API key (RFC 8693): the user of the stand-in has none, as one without an organization,
 * and Codex CLI goes on without.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Certificate } from './certificates.ts';
import { KEEP_ALIVE_MS } from './listen.ts';

/** The client of opencode and of Codex CLI at OpenAI, and the redirect URI of each: the second is Codex CLI's. */
const CLIENT_ID = 'app_EMoamEEZ73f0CkXaXp7hrann';
const REDIRECT_URIS = ['http://localhost:1455/auth/callback', 'http://127.0.0.1:1455/auth/callback'];
const CODE_LIFE_MS = 60_000;

interface Grant {
  redirectUri: string;
  challenge: string;
  issuedAt: number;
  used: boolean;
}

export interface IdentityProvider {
  server: Server;
  /** Every secret handed out so far: what must be found nowhere after a sign-in. */
  secrets(): string[];
  /** One line for each code that was brought to the token endpoint: `ok` or the error it answered. */
  exchanges: string[];
  /** One line for each authorization request seen: its `state`. */
  states: string[];
  /** Where responses were sent. */
  redirectUris: Set<string>;
  /** When set, an authorization request is granted at once by a redirect, as for a user who is logged in already. */
  remembersUser: boolean;
  /** When set, the token endpoint refuses every code with `invalid_grant`. */
  refuseExchanges: boolean;
  /** Makes it as it was at first. */
  forget(): void;
}

export function createIdentityProvider(certificate: Certificate): IdentityProvider {
  const grants = new Map<string, Grant>();
  const secrets = new Set<string>();
  const secret = (prefix: string) => {
    const value = `${prefix}_${randomBytes(24).toString('base64url')}`;
    secrets.add(value);
    return value;
  };

  const provider: IdentityProvider = {
    server: createServer({ ...certificate, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      handle(request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    }),
    secrets: () => [...secrets],
    exchanges: [],
    states: [],
    redirectUris: new Set(),
    remembersUser: false,
    refuseExchanges: false,
    forget() {
      for (const list of [provider.exchanges, provider.states]) list.length = 0;
      for (const set of [provider.redirectUris, secrets]) set.clear();
      Object.assign(provider, { remembersUser: false, refuseExchanges: false });
    },
  };
  return provider;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://auth.openai.com');
    if (url.pathname === '/oauth/authorize' && request.method === 'GET') return authorize(url.searchParams, response);
    if (url.pathname === '/log-in' && request.method === 'GET') return logIn(url.searchParams, response);
    if (url.pathname === '/log-in' && request.method === 'POST') {
      return decide(new URLSearchParams(await text(request)), response);
    }
    if (url.pathname === '/oauth/token' && request.method === 'POST') {
      return exchange(new URLSearchParams(await text(request)), response);
    }
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
  }

  function authorize(query: URLSearchParams, response: ServerResponse): void {
    const problem = authorizationProblem(query);
    if (problem) return page(response, 400, `<h1>Authentication error</h1><p role="alert">${problem}</p>`);
    provider.states.push(query.get('state') ?? '');
    if (provider.remembersUser) return respond(query, true, response);
    logIn(query, response);
  }

  /** Also where a link in a mail would lead. */
  function logIn(query: URLSearchParams, response: ServerResponse): void {
    page(
      response,
      200,
      `<h1>Log in to ChatGPT</h1><p>Stand-in for auth.openai.com</p>
       <form method="post" action="/log-in">
         <input type="hidden" name="request" value="${query.toString().replaceAll('&', '&amp;')}">
         <button name="decision" value="allow">Continue</button>
         <button name="decision" value="deny">Cancel</button>
       </form>`,
    );
  }

  function decide(form: URLSearchParams, response: ServerResponse): void {
    const query = new URLSearchParams(form.get('request') ?? '');
    const problem = authorizationProblem(query);
    if (problem) return page(response, 400, `<p role="alert">${problem}</p>`);
    respond(query, form.get('decision') === 'allow', response);
  }

  function respond(query: URLSearchParams, allowed: boolean, response: ServerResponse): void {
    const redirectUri = query.get('redirect_uri') ?? '';
    const target = new URL(redirectUri);
    provider.redirectUris.add(redirectUri);
    if (allowed) {
      const code = secret('ac');
      const challenge = query.get('code_challenge') ?? '';
      grants.set(code, { redirectUri, challenge, issuedAt: Date.now(), used: false });
      target.searchParams.set('code', code);
      target.searchParams.set('scope', query.get('scope') ?? '');
    } else {
      target.searchParams.set('error', 'access_denied');
      target.searchParams.set('error_description', 'The resource owner denied the request');
    }
    target.searchParams.set('state', query.get('state') ?? '');
    response.writeHead(302, { location: target.href }).end();
  }

  function exchange(form: URLSearchParams, response: ServerResponse): void {
    if (isRequestForApiKey(form)) return json(response, 401, { error: 'invalid_subject_token' });
    const problem = form.get('grant_type') === 'authorization_code' ? exchangeProblem(form) : 'unsupported_grant_type';
    provider.exchanges.push(problem ?? 'ok');
    if (problem) return json(response, 400, { error: problem });
    const claims = {
      email: 'user@example.com',
      'https://api.openai.com/auth': { chatgpt_account_id: 'account-of-the-stand-in' },
    };
    json(response, 200, {
      access_token: secret('at'),
      refresh_token: secret('rt'),
      id_token: ['{"alg":"none"}', JSON.stringify(claims), 'x']
        .map((p) => Buffer.from(p).toString('base64url'))
        .join('.'),
      token_type: 'Bearer',
      expires_in: 3600,
    });
  }

  function exchangeProblem(form: URLSearchParams): string | undefined {
    const grant = grants.get(form.get('code') ?? '');
    if (!grant || provider.refuseExchanges) return 'invalid_grant';
    if (grant.used) return 'invalid_grant_reused';
    grant.used = true;
    if (Date.now() - grant.issuedAt > CODE_LIFE_MS) return 'invalid_grant_expired';
    if (form.get('client_id') !== CLIENT_ID) return 'invalid_client';
    if (form.get('redirect_uri') !== grant.redirectUri) return 'invalid_grant_redirect_uri';
    const verifier = form.get('code_verifier') ?? '';
    secrets.add(verifier);
    if (createHash('sha256').update(verifier).digest('base64url') !== grant.challenge) return 'invalid_grant_pkce';
    return undefined;
  }
}

function isRequestForApiKey(form: URLSearchParams): boolean {
  return (
    form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:token-exchange' &&
    form.get('client_id') === CLIENT_ID &&
    form.get('requested_token') === 'openai-api-key'
  );
}

function authorizationProblem(query: URLSearchParams): string | undefined {
  if (query.get('response_type') !== 'code') return 'unsupported_response_type';
  if (query.get('client_id') !== CLIENT_ID) return 'unauthorized_client';
  if (!REDIRECT_URIS.includes(query.get('redirect_uri') ?? '')) return 'redirect_uri is not registered';
  if (query.get('code_challenge_method') !== 'S256') return 'code_challenge_method must be S256';
  if (!/^[\w-]{43}$/.test(query.get('code_challenge') ?? '')) return 'code_challenge is not a SHA-256';
  if (!query.get('scope')?.split(' ').includes('openid')) return 'scope must include openid';
  if ((query.get('state') ?? '').length < 8) return 'state is missing or too short';
  return undefined;
}

function page(response: ServerResponse, status: number, body: string): void {
  response
    .writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
    .end(`<!doctype html><meta name="viewport" content="width=device-width"><title>Log in</title>
      <style>body{font:16px/1.5 system-ui;max-width:24rem;margin:15vh auto;text-align:center}button{padding:.6rem 1.4rem;font:inherit;margin:.3rem}</style>${body}`);
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(body));
}
