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
