import { describe, expect, it } from 'vitest';
import { isBoundByState, parseAuthorizationRequest } from './authorizationRequest';

/** As opencode 1.18.33 sends it. */
const real =
  'https://auth.openai.com/oauth/authorize?response_type=code&client_id=app_EMoamEEZ73f0CkXaXp7hrann&redirect_uri=http%3A%2F%2Flocalhost%3A1455%2Fauth%2Fcallback&scope=openid+profile+email+offline_access&code_challenge=cHsKh7vxNmEYGaA2U3seSySBwc5c8hzElkLEDIzNYAg&code_challenge_method=S256&id_token_add_organizations=true&codex_cli_simplified_flow=true&state=7fmxJkPMK6HBW5VUf3hJCHK8Fmx5Uucq1gBA_EmZ2Po&originator=opencode';

describe('an authorization request', () => {
  it('names the redirect URI and the state', () => {
    expect(parseAuthorizationRequest(real)).toEqual({
      redirectUri: 'http://localhost:1455/auth/callback',
      state: '7fmxJkPMK6HBW5VUf3hJCHK8Fmx5Uucq1gBA_EmZ2Po',
      challenge: 'cHsKh7vxNmEYGaA2U3seSySBwc5c8hzElkLEDIzNYAg',
      originator: 'opencode',
    });
  });

  it('may have no state at all, as Poe has none', () => {
    expect(parseAuthorizationRequest(real.replace(/&state=[^&]+/, ''))).toEqual({
      redirectUri: 'http://localhost:1455/auth/callback',
      challenge: 'cHsKh7vxNmEYGaA2U3seSySBwc5c8hzElkLEDIzNYAg',
      originator: 'opencode',
    });
  });

  it('may ask for a token, which comes in the fragment', () => {
    expect(parseAuthorizationRequest(real.replace('response_type=code', 'response_type=token'))).toMatchObject({
      inFragment: true,
    });
  });

  it.each([
    ['that is encoded', encodeURIComponent('eyJ2IjoiYSJ9+/=='), 'eyJ2IjoiYSJ9+/=='],
    ['that is not', 'eyJ2IjoiYSJ9+/==', 'eyJ2IjoiYSJ9+/=='],
    ['of 2,048 characters', 'a'.repeat(2_048), 'a'.repeat(2_048)],
  ])('may have a state in base64 %s', (_, written, state) => {
    expect(parseAuthorizationRequest(real.replace(/&state=[^&]+/, `&state=${written}`))).toMatchObject({ state });
  });

  it('may have a fragment, as opencode-gemini-auth 1.3.8 writes it', () => {
    expect(parseAuthorizationRequest(`${real}#opencode`)).toEqual(parseAuthorizationRequest(real));
  });

  it.each([
    ['no URL', 'nonsense'],
    ['a URL that runs a script', `javascript:x?${new URL(real).searchParams}`],
    ['a URL of data', `data:text/html,x?${new URL(real).searchParams}`],
    ['no encryption', real.replace('https:', 'http:')],
    ['a user name', real.replace('https://', 'https://user@')],
    ['a huge URL', `${real}&x=${'a'.repeat(20_000)}`],
    ['neither a code nor a token', real.replace('response_type=code', 'response_type=id_token')],
    ['a code and a token', real.replace('response_type=code', 'response_type=code%20token')],
    ['a redirect URI elsewhere', real.replace('localhost%3A1455', 'example.com')],
    ['no redirect URI', real.replace('redirect_uri', 'redirect')],
    ['two redirect URIs', `${real}&redirect_uri=http%3A%2F%2Flocalhost%3A1%2F`],
    ['an empty state', real.replace(/&state=[^&]+/, '&state=')],
    ['two states', `${real}&state=x`],
    ['a state that needs encoding', real.replace(/&state=[^&]+/, '&state=a%26b')],
    ['a state too long for a random value', real.replace(/&state=[^&]+/, `&state=${'a'.repeat(2049)}`)],
  ])('is not one with %s', (_, url) => {
    expect(parseAuthorizationRequest(url)).toBeUndefined();
  });
});

it('may lack encryption at a host that the user typed, and at no other', () => {
  const plain = real.replace('https://auth.openai.com', 'http://gitlab.lan:8080');
  expect(parseAuthorizationRequest(plain, ['gitlab.lan:8080'])).toBeDefined();
  expect(parseAuthorizationRequest(plain, ['gitlab.lan', 'auth.openai.com'])).toBeUndefined();
});

it.each([
  [true, '7fmxJkPMK6HBW5VUf3hJCHK8Fmx5Uucq1gBA_EmZ2Po'],
  [true, '0123456789abcdef'],
  [false, '0123456789abcde'],
  [true, 'a+/=a+/=a+/=a+/='],
  [false, '1'],
  [false, undefined],
])('is bound by its state: %s, when that is %s', (isBound, state) => {
  const request = parseAuthorizationRequest(real);
  if (!request) throw new Error('not read');
  expect(isBoundByState({ ...request, state })).toBe(isBound);
});
