/**
 * Stands in for `https://myorg-myaccount.snowflakecomputing.com`, one Snowflake account: the code grant with PKCE and
 * `state` for Snowflake's built-in client, which authenticates itself.
 *
 * Compared with what opencode 1.18.33 sends for the account `myorg-myaccount`: `GET /oauth/authorize` with
 * `client_id=LOCAL_APPLICATION`, `response_type=code`, `redirect_uri=http://127.0.0.1:<any free port>/`, `scope=refresh_token`,
 * followed by ` session:role:<role>` if the user gave one, a `state` of 64 characters out of `A-Za-z0-9-._~` and an S256
 * challenge; `POST /oauth/token-request` as a form with HTTP Basic `LOCAL_APPLICATION:LOCAL_APPLICATION`. opencode insists on a
 * `refresh_token` in the answer. Measured against the program, not against Snowflake.
 */
import type { Certificate } from '../certificates.ts';
import { createAuthorizationCodeProvider } from './authorization-code.ts';
import type { StandIn } from './stand-in.ts';

/** What to give opencode as `account`. */
export const snowflakeAccount = 'myorg-myaccount';
export const snowflakeHosts = [`${snowflakeAccount}.snowflakecomputing.com`] as const;

const CLIENT = 'LOCAL_APPLICATION';

export function createSnowflake(certificate: Certificate): StandIn {
  const origin = `https://${snowflakeHosts[0]}`;
  return createAuthorizationCodeProvider(certificate, {
    name: 'Snowflake',
    hosts: snowflakeHosts,
    authorizationEndpoint: `${origin}/oauth/authorize`,
    tokenEndpoint: `${origin}/oauth/token-request`,
    clients: [
      {
        id: CLIENT,
        redirectUri: /^http:\/\/127\.0\.0\.1:\d{4,5}\/$/,
        scope: /^refresh_token( session:role:[\w-]+)?$/,
        authentication: `Basic ${Buffer.from(`${CLIENT}:${CLIENT}`).toString('base64')}`,
      },
    ],
    state: 'required',
    verifier: /^[\w.~-]{64}$/,
    token: ({ secret }) => ({
      access_token: secret('at'),
      refresh_token: secret('rt'),
      token_type: 'Bearer',
      expires_in: 600,
      username: 'USER1',
    }),
  });
}
