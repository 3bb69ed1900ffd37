import { describe, expect, it } from 'vitest';
import { parseAuthorizationResponse } from './authorizationResponse';
import type { LoopbackRedirectUri } from './loopbackRedirectUri';

const base = 'http://localhost:1455/auth/callback';
const expected = { redirectUri: base as LoopbackRedirectUri, state: 'the-state' };
const parse = (url: string) => parseAuthorizationResponse(url, expected);

describe('an authorization response', () => {
  it('carries a code', () => {
    const url = `${base}?code=ac_1&scope=openid+email&state=the-state`;
    expect(parse(url)).toEqual({ kind: 'code', code: 'ac_1', state: 'the-state', callbackUrl: url });
  });

  it('carries an error', () => {
    const url = `${base}?error=access_denied&error_description=Not+today&state=the-state`;
    expect(parse(url)).toMatchObject({ kind: 'error', error: 'access_denied', description: 'Not today' });
  });

  it.each([
    ['as Google writes it', '4/0A_x-1', '4/0A_x-1'],
    ['as a form would', '4%2F0A_x-1', '4/0A_x-1'],
    ['with what else is reserved', "a%2Bb%3D:@!$'()*,;?%23%26", "a+b=:@!$'()*,;?#&"],
  ])('carries a code with reserved characters, %s', (_, written, read) => {
    const url = `${base}?code=${written}&iss=https://accounts.google.com&state=the-state`;
    expect(parse(url)).toEqual({ kind: 'code', code: read, state: 'the-state', callbackUrl: url });
  });

  it.each(['#', '#opencode', '#_=_', '#state=x', '#code=2&state=the-state'])(
    'is taken without the fragment %s, which no listener would see',
    (fragment) => {
      const url = `${base}?code=ac_1&state=the-state`;
      expect(parse(url + fragment)).toEqual(parse(url));
    },
  );

  describe.each(['a+b/c==', `${'aZ9+/'.repeat(409)}==x`])('to a request with a state in base64: %.20s', (state) => {
    const toBase64 = (url: string) => parseAuthorizationResponse(url, { ...expected, state });

    it('has that, encoded or not', () => {
      const written = [state, encodeURIComponent(state), state.replaceAll('+', '%2B'), state.replaceAll('=', '%3d')];
      for (const one of written) expect(toBase64(`${base}?code=1&state=${one}`)).toMatchObject({ code: '1', state });
    });

    it('has no other', () => {
      const others = [
        state.toUpperCase(),
        state.replace('+', '-'),
        state.replaceAll('/', '_'),
        state.replace('=', ''),
        `${state}=`,
        `${state}%00`,
        encodeURIComponent(encodeURIComponent(state)),
      ];
      for (const one of others) expect(toBase64(`${base}?code=1&state=${one}`)).toBeUndefined();
    });
  });

  it.each([
    ['another host', 'http://127.0.0.1:1455/auth/callback?code=1&state=the-state'],
    ['another port', 'http://localhost:1456/auth/callback?code=1&state=the-state'],
    ['another path', 'http://localhost:1455/auth/callback/?code=1&state=the-state'],
    ['another scheme', 'https://localhost:1455/auth/callback?code=1&state=the-state'],
    ['userinfo', 'http://a@localhost:1455/auth/callback?code=1&state=the-state'],
    ['no query', base],
    ['another state', `${base}?code=1&state=The-State`],
    ['no state', `${base}?code=1`],
    ['two states', `${base}?code=1&state=the-state&state=the-state`],
    ['two codes', `${base}?code=1&code=2&state=the-state`],
    ['a code and an error', `${base}?code=1&error=x&state=the-state`],
    ['neither code nor error', `${base}?state=the-state`],
    ['an empty code', `${base}?code=&state=the-state`],
    ['a code with a line break', `${base}?code=a%0Ab&state=the-state`],
    ['a code with a NUL', `${base}?code=a%00b&state=the-state`],
    ['a raw space', `${base}?code=a b&state=the-state`],
    ['a quotation mark', `${base}?code=a"b&state=the-state`],
    ['a backslash', `${base}?code=a\\b&state=the-state`],
    ['more than a URL may hold', `${base}?code=${'a'.repeat(9000)}&state=the-state`],
  ])('is not one with %s', (_, url) => {
    expect(parse(url)).toBeUndefined();
  });
});

describe('a response in the fragment', () => {
  const inFragment = { ...expected, inFragment: true } as const;
  const url = `${base}#access_token=dop_1&token_type=bearer&expires_in=60&state=the-state`;

  it('carries a token', () => {
    expect(parseAuthorizationResponse(url, inFragment)).toEqual({
      ...{ kind: 'token', token: 'dop_1', expiresIn: '60', state: 'the-state', callbackUrl: url },
    });
  });

  it('carries an error', () => {
    const denied = `${base}#error=access_denied&state=the-state`;
    expect(parseAuthorizationResponse(denied, inFragment)).toMatchObject({ kind: 'error', error: 'access_denied' });
  });

  it.each([
    ['in the query', url.replace('#', '?')],
    ['behind a query', url.replace('#', '?x#')],
    ['with another state', url.replace('the-state', 'The-State')],
    ['without state', url.replace('&state=the-state', '')],
    ['with two tokens', `${url}&access_token=x`],
    ['with a code instead', url.replace('access_token', 'code')],
  ])('is not one %s', (_, other) => {
    expect(parseAuthorizationResponse(other, inFragment)).toBeUndefined();
  });

  it('is not expected of a sign-in by code', () => {
    expect(parse(url)).toBeUndefined();
    expect(parse(`${base}#code=ac_1&state=the-state`)).toBeUndefined();
  });
});

describe('a response to a request without state', () => {
  const stateless = { redirectUri: expected.redirectUri };

  it('carries a code and no state', () => {
    expect(parseAuthorizationResponse(`${base}?code=ac_1`, stateless)).toMatchObject({ kind: 'code', code: 'ac_1' });
    expect(parseAuthorizationResponse(`${base}?code=ac_1&state=the-state`, stateless)).toBeUndefined();
    expect(parseAuthorizationResponse(`${base}?code=ac_1&code=x`, stateless)).toBeUndefined();
  });
});
