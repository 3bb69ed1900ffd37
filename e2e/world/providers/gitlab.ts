/**
 * Stands in for `https://gitlab.com`: the authorization code grant with PKCE and `state`, for a public client.
 *
 * Compared with what opencode 1.18.33 (opencode-gitlab-auth) sends: `GET /oauth/authorize` with `client_id`,
 * `redirect_uri=http://127.0.0.1:8080/callback` (always that port), `response_type=code`, `state` (43 characters),
 * `scope=api` and an S256 challenge; `POST /oauth/token` as a form with `client_id`, `code`, `grant_type`, `redirect_uri`
 * and `code_verifier`. It takes any `instanceUrl`; an empty one is `https://gitlab.com`. Measured against the program, not
 * against GitLab; GitLab's documentation of the grant has the same parameters and the same answer.
 */
import type { Certificate } from '../certificates.ts';
import { createAuthorizationCodeProvider } from './authorization-code.ts';
import type { StandIn } from './stand-in.ts';

export const gitlabHosts = ['gitlab.com'] as const;

export function createGitlab(certificate: Certificate): StandIn {
  return createAuthorizationCodeProvider(certificate, {
    name: 'GitLab',
    hosts: gitlabHosts,
    authorizationEndpoint: 'https://gitlab.com/oauth/authorize',
    tokenEndpoint: 'https://gitlab.com/oauth/token',
    clients: [
      {
        id: '1d89f9fdb23ee96d4e603201f6861dab6e143c5c3c00469a018a2d94bdc03d4e',
        redirectUri: /^http:\/\/127\.0\.0\.1:8080\/callback$/,
        scope: /^api$/,
      },
    ],
    state: 'required',
    token: ({ secret }) => ({
      access_token: secret('at'),
      refresh_token: secret('rt'),
      token_type: 'Bearer',
      expires_in: 7200,
      created_at: Math.floor(Date.now() / 1000),
      scope: 'api',
    }),
  });
}
