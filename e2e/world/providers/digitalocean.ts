/**
 * Stands in for `https://cloud.digitalocean.com` and `https://api.digitalocean.com`: the implicit grant, whose response is
 * a **token in the fragment** of the redirect URI (RFC 6749 §4.2.2), and the one API call that opencode makes with it.
 *
 * Compared with what opencode 1.18.33 sends: `GET https://cloud.digitalocean.com/v1/oauth/authorize` with
 * `response_type=token`, `client_id`, `redirect_uri=http://localhost:1456/auth/callback`, `scope=genai:read
 * inference:query` and a `state` of 64 hexadecimal digits; after the response `GET
 * https://api.digitalocean.com/v2/gen-ai/models/routers` with the token, whose answer `model_routers` it stores and whose
 * failure it forgives. There is no exchange: `exchanges` has what became of that call. The members of the fragment are
 * those of DigitalOcean's API documentation. Measured against the program, not against DigitalOcean.
 */
import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Certificate } from '../certificates.ts';
import { consentPage, createStandIn, json, problemPage, redirect, type StandIn } from './stand-in.ts';

export const digitaloceanHosts = ['cloud.digitalocean.com', 'api.digitalocean.com'] as const;

const CLIENT_ID = 'b1a6c5158156caac821fd1b30253ca8acb52454a48fa744420e41889cb589f82';
const REDIRECT_URI = 'http://localhost:1456/auth/callback';
const AUTHORIZATION_ENDPOINT = 'https://cloud.digitalocean.com/v1/oauth/authorize';
const CONSENT = 'https://cloud.digitalocean.com/stand-in/consent';
const ROUTERS = 'https://api.digitalocean.com/v2/gen-ai/models/routers';

export function createDigitalocean(certificate: Certificate): StandIn {
  const tokens = new Set<string>();

  return createStandIn(certificate, digitaloceanHosts, (workings) => {
    return async (request, response, url) => {
      const asked = `${request.method} ${url.origin}${url.pathname}`;
      if (asked === `GET ${AUTHORIZATION_ENDPOINT}`) authorize(url.searchParams, response);
      else if (asked === `POST ${CONSENT}`) decide(new URLSearchParams(await text(request)), response);
      else if (asked === `GET ${ROUTERS}`) listRouters(request.headers.authorization, response);
      else return false;
      return true;
    };

    function authorize(query: URLSearchParams, response: ServerResponse): void {
      const problem = authorizationProblem(query);
      if (problem) return problemPage(response, problem);
      workings.states.push(query.get('state') ?? '');
      if (workings.remembersUser) return respond(query, true, response);
      consentPage(response, 'DigitalOcean', new URL(CONSENT).pathname, query);
    }

    function decide(form: URLSearchParams, response: ServerResponse): void {
      const query = new URLSearchParams(form.get('request') ?? '');
      const problem = authorizationProblem(query);
      if (problem) return problemPage(response, problem);
      respond(query, form.get('decision') === 'allow', response);
    }

    function respond(query: URLSearchParams, allowed: boolean, response: ServerResponse): void {
      const fragment = new URLSearchParams();
      if (allowed) {
        const token = workings.secret('dop');
        tokens.add(token);
        fragment.set('access_token', token);
        fragment.set('token_type', 'bearer');
        fragment.set('expires_in', '2592000');
      } else {
        fragment.set('error', 'access_denied');
        fragment.set('error_description', 'The resource owner denied the request');
      }
      fragment.set('state', query.get('state') ?? '');
      workings.redirectUris.add(REDIRECT_URI);
      redirect(response, new URL(`${REDIRECT_URI}#${fragment}`));
    }

    function listRouters(authorization: string | undefined, response: ServerResponse): void {
      const known = tokens.has(authorization?.replace(/^Bearer /, '') ?? '') && !workings.refuseExchanges;
      workings.exchanges.push(known ? 'ok' : 'unauthorized');
      if (!known) return json(response, 401, { id: 'unauthorized', message: 'Unable to authenticate you' });
      json(response, 200, {
        model_routers: [{ name: 'stand-in', uuid: '00000000-0000-4000-8000-000000000000', description: 'One router' }],
      });
    }
  });
}

function authorizationProblem(query: URLSearchParams): string | undefined {
  if (query.get('response_type') !== 'token') return 'unsupported_response_type';
  if (query.get('client_id') !== CLIENT_ID) return 'unauthorized_client';
  if (query.get('redirect_uri') !== REDIRECT_URI) return 'redirect_uri is not registered';
  if (query.get('scope') !== 'genai:read inference:query') return 'invalid_scope';
  if (!/^[0-9a-f]{64}$/.test(query.get('state') ?? '')) return 'state is not 64 hexadecimal digits';
  return undefined;
}
