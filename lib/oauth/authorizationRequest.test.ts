import { describe, expect, it } from 'vitest';
import { parseAuthorizationRequest } from './authorizationRequest';

/** As opencode 1.18.33 sends it. */
const real =
  'https://auth.openai.com/oauth/authorize?response_type=code&client_id=app_EMoamEEZ73f0CkXaXp7hrann&redirect_uri=http%3A%2F%2Flocalhost%3A1455%2Fauth%2Fcallback&scope=openid+profile+email+offline_access&code_challenge=cHsKh7vxNmEYGaA2U3seSySBwc5c8hzElkLEDIzNYAg&code_challenge_method=S256&id_token_add_organizations=true&codex_cli_simplified_flow=true&state=7fmxJkPMK6HBW5VUf3hJCHK8Fmx5Uucq1gBA_EmZ2Po&originator=opencode';

describe('an authorization request', () => {
  it('names the redirect URI and the state', () => {
    expect(parseAuthorizationRequest(real)).toEqual({
      redirectUri: 'http://localhost:1455/auth/callback',
      state: '7fmxJkPMK6HBW5VUf3hJCHK8Fmx5Uucq1gBA_EmZ2Po',
    });
  });

  it.each([
    ['no URL', 'nonsense'],
    ['a token instead of a code', real.replace('response_type=code', 'response_type=token')],
    ['a redirect URI elsewhere', real.replace('localhost%3A1455', 'example.com')],
    ['no redirect URI', real.replace('redirect_uri', 'redirect')],
    ['two redirect URIs', `${real}&redirect_uri=http%3A%2F%2Flocalhost%3A1%2F`],
    ['no state', real.replace('&state=', '&stat=')],
    ['an empty state', real.replace(/&state=[^&]+/, '&state=')],
    ['two states', `${real}&state=x`],
    ['a state that needs encoding', real.replace(/&state=[^&]+/, '&state=a%26b')],
    ['a state too long for a capture rule', real.replace(/&state=[^&]+/, `&state=${'a'.repeat(257)}`)],
  ])('is not one with %s', (_, url) => {
    expect(parseAuthorizationRequest(url)).toBeUndefined();
  });
});
