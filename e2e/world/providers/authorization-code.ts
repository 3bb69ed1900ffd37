/**
 * The authorization code grant with PKCE (RFC 6749 §4.1, RFC 7636), as strict as the provider: what ChatGPT, GitLab, Poe,
 * Snowflake and Google have in common. What each of them asks for in its own way is its `Profile`, in a file of its own.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Certificate } from '../certificates.ts';
import {
  consentPage,
  createStandIn,
  type Handler,
  json,
  problemPage,
  redirect,
  type StandIn,
  type Workings,
} from './stand-in.ts';

const CODE_LIFE_MS = 60_000;
/** Where the page with the two buttons sends what the user decides. */
export const CONSENT_PATH = '/stand-in/consent';

export interface Profile {
  /** What its page calls itself. */
  name: string;
  hosts: readonly [string, ...string[]];
  authorizationEndpoint: string;
  tokenEndpoint: string;
  clients: [Client, ...Client[]];
  /** Whether opencode sends one: Poe's requests have none, and then its responses may have none. */
  state: 'required' | 'absent';
  /** What a PKCE verifier must look like: 43 characters or more (RFC 7636 §4.1). */
  verifier?: RegExp;
  /** What the token endpoint answers. */
  token(workings: Workings): Record<string, unknown>;
  /** How its codes begin, and what else its responses have beside code and state, both as it writes them into a URL. */
  code?: string;
  more?: string | ((request: URLSearchParams) => string);
  /** The error of what is asked at the token endpoint besides codes. */
  refusedOtherwise?(form: URLSearchParams): string | undefined;
  /** Whatever else it answers. */
  api?(workings: Workings): Handler;
}

/** A client that is registered there. */
interface Client {
  id: string;
  /** Its redirect URIs. */
  redirectUri: RegExp;
  scope: RegExp;
  /** The `Authorization` header by which it shows who it is; none for a public client, and for one with a `secret`. */
  authentication?: string;
  /** What it shows in the form. */
  secret?: string;
}

interface Grant {
  client: Client;
  redirectUri: string;
  challenge: string;
  issuedAt: number;
  used: boolean;
}

export function createAuthorizationCodeProvider(certificate: Certificate, profile: Profile): StandIn {
  const authorizationEndpoint = new URL(profile.authorizationEndpoint);
  const tokenEndpoint = new URL(profile.tokenEndpoint);
  const consent = new URL(CONSENT_PATH, authorizationEndpoint);
  const grants = new Map<string, Grant>();

  return createStandIn(certificate, profile.hosts, (workings) => {
    const api = profile.api?.(workings);
    return async (request, response, url) => {
      const asked = `${request.method} ${url.origin}${url.pathname}`;
      if (asked === `GET ${authorizationEndpoint}`) authorize(url.searchParams, response);
      else if (asked === `POST ${consent}`) decide(new URLSearchParams(await text(request)), response);
      else if (asked === `POST ${tokenEndpoint}`) {
        exchange(request, new URLSearchParams(await text(request)), response);
      } else return api?.(request, response, url) ?? false;
      return true;
    };

    function authorize(query: URLSearchParams, response: ServerResponse): void {
      const problem = authorizationProblem(query);
      if (problem) return problemPage(response, problem);
      workings.states.push(query.get('state') ?? '');
      if (workings.remembersUser) return respond(query, true, response);
      consentPage(response, profile.name, CONSENT_PATH, query);
    }

    function decide(form: URLSearchParams, response: ServerResponse): void {
      const query = new URLSearchParams(form.get('request') ?? '');
      const problem = authorizationProblem(query);
      if (problem) return problemPage(response, problem);
      respond(query, form.get('decision') === 'allow', response);
    }

    function respond(query: URLSearchParams, allowed: boolean, response: ServerResponse): void {
      const redirectUri = query.get('redirect_uri') ?? '';
      const target = new URL(redirectUri);
      const client = clientOf(query);
      workings.redirectUris.add(redirectUri);
      if (allowed && client) {
        const code = workings.secret(profile.code ?? 'code');
        const challenge = query.get('code_challenge') ?? '';
        grants.set(code, { client, redirectUri, challenge, issuedAt: Date.now(), used: false });
        const more = typeof profile.more === 'function' ? profile.more(query) : (profile.more ?? '');
        target.search = `code=${code}${more}`;
      } else {
        target.searchParams.set('error', 'access_denied');
        target.searchParams.set('error_description', 'The resource owner denied the request');
      }
      const state = query.get('state');
      // Not by `searchParams`, which would write the code otherwise than the provider.
      if (state !== null) target.search += `&state=${encodeURIComponent(state)}`;
      redirect(response, target);
    }

    function exchange(request: IncomingMessage, form: URLSearchParams, response: ServerResponse): void {
      const otherwise = profile.refusedOtherwise?.(form);
      if (otherwise) return json(response, 401, { error: otherwise });
      const problem = exchangeProblem(request, form);
      workings.exchanges.push(problem ?? 'ok');
      if (!problem) return json(response, 200, profile.token(workings));
      const status = problem === 'invalid_client' ? 401 : 400;
      json(response, status, { error: problem.split(':')[0], error_description: problem });
    }

    function exchangeProblem(request: IncomingMessage, form: URLSearchParams): string | undefined {
      if (request.headers['content-type']?.split(';')[0] !== 'application/x-www-form-urlencoded')
        return 'invalid_request: content-type';
      if (form.get('grant_type') !== 'authorization_code') return 'unsupported_grant_type';
      const client = clientOf(form);
      if (!client || request.headers.authorization !== client.authentication) return 'invalid_client';
      if ((form.get('client_secret') ?? undefined) !== client.secret) return 'invalid_client';
      const grant = grants.get(form.get('code') ?? '');
      if (!grant || workings.refuseExchanges) return 'invalid_grant';
      if (grant.used) return 'invalid_grant: used';
      grant.used = true;
      if (Date.now() - grant.issuedAt > CODE_LIFE_MS) return 'invalid_grant: expired';
      if (client !== grant.client) return 'invalid_grant: client';
      if (form.get('redirect_uri') !== grant.redirectUri) return 'invalid_grant: redirect_uri';
      const verifier = form.get('code_verifier') ?? '';
      workings.learn(verifier);
      if (!(profile.verifier ?? /^[\w.~-]{43,128}$/).test(verifier)) return 'invalid_grant: code_verifier';
      if (createHash('sha256').update(verifier).digest('base64url') !== grant.challenge) return 'invalid_grant: pkce';
      return undefined;
    }
  });

  function clientOf(parameters: URLSearchParams): Client | undefined {
    return profile.clients.find(({ id }) => id === parameters.get('client_id'));
  }

  function authorizationProblem(query: URLSearchParams): string | undefined {
    if (query.get('response_type') !== 'code') return 'unsupported_response_type';
    const client = clientOf(query);
    if (!client) return 'unauthorized_client';
    if (!client.redirectUri.test(query.get('redirect_uri') ?? '')) return 'redirect_uri is not registered';
    if (query.get('code_challenge_method') !== 'S256') return 'code_challenge_method must be S256';
    if (!/^[\w-]{43}$/.test(query.get('code_challenge') ?? '')) return 'code_challenge is not a SHA-256';
    if (!client.scope.test(query.get('scope') ?? '')) return 'invalid_scope';
    const state = query.get('state');
    if (profile.state === 'required' && (state ?? '').length < 16) return 'state is missing or too short';
    if (profile.state === 'absent' && state !== null) return 'state is not expected';
    return undefined;
  }
}
