/**
 * Stands in for `https://auth.openai.com`: the code grant with PKCE and `state`, for the client of opencode and of Codex CLI.
 *
 * The parameters were compared with those that opencode 1.18.33 and Codex CLI 0.169.0 send: they are what the released programs
 * use against the real provider. After the code Codex CLI also asks for an API key (RFC 8693): the user of the stand-in has none,
 * as one without an organization, and Codex CLI goes on without.
 */
import type { Certificate } from '../certificates.ts';
import { CONSENT_PATH, createAuthorizationCodeProvider } from './authorization-code.ts';
import { consentPage, type StandIn } from './stand-in.ts';

export const chatgptHosts = ['auth.openai.com'] as const;

const CLIENT_ID = 'app_EMoamEEZ73f0CkXaXp7hrann';

export function createChatgpt(certificate: Certificate): StandIn {
  const origin = `https://${chatgptHosts[0]}`;
  return createAuthorizationCodeProvider(certificate, {
    name: 'ChatGPT',
    hosts: chatgptHosts,
    authorizationEndpoint: `${origin}/oauth/authorize`,
    tokenEndpoint: `${origin}/oauth/token`,
    // The second redirect URI is Codex CLI's.
    clients: [
      {
        id: CLIENT_ID,
        redirectUri: /^http:\/\/(localhost|127\.0\.0\.1):1455\/auth\/callback$/,
        scope: /(^| )openid( |$)/,
      },
    ],
    state: 'required',
    code: 'ac',
    more: (request) => `&${new URLSearchParams({ scope: request.get('scope') ?? '' })}`,
    refusedOtherwise: (form) => (isRequestForApiKey(form) ? 'invalid_subject_token' : undefined),
    token: ({ secret }) => ({
      access_token: secret('at'),
      refresh_token: secret('rt'),
      id_token: idToken,
      token_type: 'Bearer',
      expires_in: 3600,
    }),
    // Also where a link in a mail leads, after the authorization request.
    api: () => (request, response, url) => {
      if (request.method !== 'GET' || url.pathname !== '/log-in') return false;
      consentPage(response, 'ChatGPT', CONSENT_PATH, url.searchParams);
      return true;
    },
  });
}

const claims = {
  email: 'user@example.com',
  'https://api.openai.com/auth': { chatgpt_account_id: 'account-of-the-stand-in' },
};
const idToken = ['{"alg":"none"}', JSON.stringify(claims), 'x']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.');

function isRequestForApiKey(form: URLSearchParams): boolean {
  return (
    form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:token-exchange' &&
    form.get('client_id') === CLIENT_ID &&
    form.get('requested_token') === 'openai-api-key'
  );
}
