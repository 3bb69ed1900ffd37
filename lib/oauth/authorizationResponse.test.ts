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
    ['a fragment', `${base}?code=1&state=the-state#x`],
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
