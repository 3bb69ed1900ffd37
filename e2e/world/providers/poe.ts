/**
 * Stands in for `https://poe.com` and `https://api.poe.com`: a code grant with PKCE, **without `state`**, whose token
 * endpoint answers an API key.
 *
 * Compared with what opencode 1.18.33 (poe-oauth) sends: `GET https://poe.com/oauth/authorize` with `response_type=code`,
 * `client_id`, `scope=apikey:create`, an S256 challenge and `redirect_uri=http://127.0.0.1:<any free port>/callback`, no
 * `state`; `POST https://api.poe.com/token` as a form, answered with `api_key` and `api_key_expires_in`. Measured against
 * the program, not against Poe.
 */
import type { Certificate } from '../certificates.ts';
import { createAuthorizationCodeProvider } from './authorization-code.ts';
import type { StandIn } from './stand-in.ts';

export const poeHosts = ['poe.com', 'api.poe.com'] as const;

export function createPoe(certificate: Certificate): StandIn {
  return createAuthorizationCodeProvider(certificate, {
    name: 'Poe',
    hosts: poeHosts,
    authorizationEndpoint: 'https://poe.com/oauth/authorize',
    tokenEndpoint: 'https://api.poe.com/token',
    clients: [
      {
        id: 'client_728290227fc048cc9262091a1ea197ea',
        redirectUri: /^http:\/\/127\.0\.0\.1:\d{4,5}\/callback$/,
        scope: /^apikey:create$/,
      },
    ],
    state: 'absent',
    token: ({ secret }) => ({ api_key: secret('key'), api_key_expires_in: 2_592_000 }),
  });
}
