/**
 * Stands in for Google's sign-in, as other people's plugins use it: the authorization code grant with PKCE and `state`, for
 * clients that show a secret in the form.
 *
 * Compared with what opencode-gemini-auth 1.3.8 and opencode-antigravity-auth 1.6.0 send, in opencode 1.18.33: `GET
 * https://accounts.google.com/o/oauth2/v2/auth` with `access_type=offline`, `prompt=consent`, an S256 challenge and a state
 * that is the verifier as JSON in base64url (gemini's URL ends in `#opencode`); `POST https://oauth2.googleapis.com/token` as
 * a form with `client_secret`; then the user's address, and for antigravity the project. Measured against the plugins, not
 * against Google. Google's codes begin with `4/0A`, the slash as it is, and its responses have `iss` and `scope` as well.
 */
import { readFileSync } from 'node:fs';
import type { Certificate } from '../certificates.ts';
import { createAuthorizationCodeProvider } from './authorization-code.ts';
import { json, type StandIn } from './stand-in.ts';

export const googleHosts = [
  'accounts.google.com',
  'oauth2.googleapis.com',
  'www.googleapis.com',
  'cloudcode-pa.googleapis.com',
  'daily-cloudcode-pa.sandbox.googleapis.com',
  'autopush-cloudcode-pa.sandbox.googleapis.com',
] as const;

export function createGoogle(certificate: Certificate): StandIn {
  return createAuthorizationCodeProvider(certificate, {
    name: 'Google',
    hosts: googleHosts,
    authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
    tokenEndpoint: 'https://oauth2.googleapis.com/token',
    clients: [
      {
        ...registered('opencode-gemini-auth/src/constants.ts', 'GEMINI'),
        redirectUri: /^http:\/\/localhost:8085\/oauth2callback$/,
        scope: /^(https:\/\/www\.googleapis\.com\/auth\/[\w.-]+ ?)+$/,
      },
      {
        ...registered('opencode-antigravity-auth/dist/src/constants.js', 'ANTIGRAVITY'),
        redirectUri: /^http:\/\/localhost:51121\/oauth-callback$/,
        scope: /^(https:\/\/www\.googleapis\.com\/auth\/[\w.-]+ ?)+$/,
      },
      // The tests' own plugin: see e2e/world/own-plugin.js.
      { id: 'courier-test', redirectUri: /^http:\/\/localhost:40123\/a\/b;c\/callback$/, scope: /^email$/ },
    ],
    state: 'required',
    code: '4/0A',
    more: '&iss=https://accounts.google.com&scope=email%20https://www.googleapis.com/auth/userinfo.email&authuser=0&prompt=consent',
    token: ({ secret }) => ({
      access_token: secret('ya29.at'),
      refresh_token: secret('1//rt'),
      token_type: 'Bearer',
      expires_in: 3599,
    }),
    api:
      ({ secrets }) =>
      (request, response, url) => {
        const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
        if (!secrets().includes(token)) return false;
        if (url.pathname === '/oauth2/v1/userinfo') json(response, 200, { email: 'user@example.com' });
        else if (url.pathname === '/v1internal:loadCodeAssist')
          json(response, 200, { cloudaicompanionProject: 'demo' });
        else return false;
        return true;
      },
  });
}

/** A plugin's client: its id and what is called its secret are in the plugin for everybody to read. */
function registered(file: string, prefix: string): { id: string; secret: string } {
  const text = readFileSync(`node_modules/${file}`, 'utf8');
  const [id = '', secret = ''] = ['ID', 'SECRET'].map(
    (name) => new RegExp(`${prefix}_CLIENT_${name} = "(.+)"`).exec(text)?.[1],
  );
  return { id, secret };
}
