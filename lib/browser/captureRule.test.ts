import { describe, expect, it } from 'vitest';
import { parseAuthorizationRequest } from '../oauth/authorizationRequest';
import { responseFilters } from './captureRule';

function filterOf(redirectUri: string, parameters: string): Pick<RegExp, 'test'> {
  const url = `https://provider.example.com/authorize?${parameters}&redirect_uri=${encodeURIComponent(redirectUri)}`;
  const request = parseAuthorizationRequest(url);
  if (!request) throw new Error(`no authorization request: ${url}`);
  const filters = responseFilters(request).map(urlFilterPattern);
  return { test: (response) => filters.some((filter) => filter.test(response)) };
}

/**
 * Stands for the browsers' own matching of a `urlFilter`, as far as our filters use it: the beginning of a host or of a label
 * in it, anything, a character that no parameter has. Compared with both browsers in e2e/scenarios/hostile-page.spec.ts, by
 * the same kinds of URLs. Host permissions, which browsers look at besides, are left out.
 */
function urlFilterPattern(filter: string): RegExp {
  const parts: Record<string, string> = { '*': '.*', '^': '(?:[^A-Za-z0-9_.%-]|$)' };
  return new RegExp(
    `^https?://(?:[^/]*\\.)?${filter.slice(2).replace(/[.*+?^${}()|[\]\\/-]/g, (char) => parts[char] ?? `\\${char}`)}`,
  );
}

describe('the filters of a capture rule', () => {
  const withState = filterOf('http://127.0.0.1:8080/callback', 'response_type=code&state=a.b');

  it.each([
    ['a code', '?code=1&state=a.b', true],
    ['the state first', '?state=a.b&code=1', true],
    ['another state', '?code=1&state=aXb', false],
    ['the state as part of another', '?code=1&state=a.bc', false],
    ['the state under another name', '?code=1&xstate=a.b', false],
    ['the state in the fragment only', '?code=1#state=a.b', false],
    ['no state', '?code=1', false],
  ])('take by state: %s', (_, rest, taken) => {
    expect(withState.test(`http://127.0.0.1:8080/callback${rest}`)).toBe(taken);
  });

  it.each([
    ['as it is', 'x~1.b', true],
    ['as a form writes it', 'x%7E1.b', true],
    ['in small letters', 'x%7e1.b', true],
    ['but nothing else', 'y~1.b', false],
    ['and all of it', 'x~1.bc', false],
  ])('take a state with a tilde, %s', (_, state, taken) => {
    const filter = filterOf('http://127.0.0.1:8080/', 'response_type=code&state=x~1.b');
    expect(filter.test(`http://127.0.0.1:8080/?code=1&state=${state}`)).toBe(taken);
    expect(filter.test(`http://127.0.0.1:8080/?state=${state}&code=1`)).toBe(taken);
  });

  it.each([
    ['as it is', 'xQ+zW/kV==', true],
    ['as a form writes it', 'xQ%2BzW%2FkV%3D%3D', true],
    ['in small letters', 'xQ%2bzW%2fkV%3d%3d', true],
    ['but for its slash', 'xQ%2BzW/kV%3D%3D', true],
    ['but nothing else', 'xQ+zW/kJ==', false],
  ])('take a state in base64, %s', (_, state, taken) => {
    const filter = filterOf('http://localhost:8085/oauth2callback', 'response_type=code&state=xQ%2BzW%2FkV%3D%3D');
    expect(filter.test(`http://localhost:8085/oauth2callback?code=4/0A&state=${state}`)).toBe(taken);
    expect(filter.test(`http://localhost:8085/oauth2callback?state=${state}&code=4/0A#opencode`)).toBe(taken);
  });

  it.each([
    [
      'http://localhost:8085/',
      '~code~scope~authuser~prompt~',
      '?state=7cO2&code=4%2F0A&scope=email&authuser=0&prompt=consent',
    ],
    ['http://localhost:8000/', '~session_state~-~-~-~-~', '?state=7cO2&session_state=5b0d-4c1e-9f2a-1a2b-3c4d&code=1'],
    ['http://localhost:8000/', '/code=', '?state=7cO2/code=1'],
  ])('take no other response: %s with the state %s', (redirectUri, state, response) => {
    const filter = filterOf(redirectUri, `response_type=code&state=${encodeURIComponent(state)}`);
    expect(filter.test(`${redirectUri}?code=1&state=${state}`)).toBe(true);
    expect(filter.test(redirectUri + response)).toBe(false);
  });

  it('take exactly the redirect URI', () => {
    expect(withState.test('http://127.0.0.1:80801/callback?state=a.b')).toBe(false);
    expect(withState.test('http://127.0.0.1:8080/callback/x?state=a.b')).toBe(false);
    expect(withState.test('http://127a0.0.1:8080/callback?state=a.b')).toBe(false);
    expect(withState.test('http://example.com/?u=http://127.0.0.1:8080/callback?state=a.b')).toBe(false);
  });

  it('take what HSTS has made of localhost', () => {
    const filter = filterOf('http://localhost:1455/auth/callback', 'response_type=code&state=s');
    expect(filter.test('http://localhost:1455/auth/callback?code=1&state=s')).toBe(true);
    expect(filter.test('https://localhost:1455/auth/callback?code=1&state=s')).toBe(true);
  });

  it('take a token by the state in the fragment', () => {
    const filter = filterOf('http://localhost:1456/auth/callback', 'response_type=token&state=s');
    expect(filter.test('http://localhost:1456/auth/callback#access_token=1&state=s')).toBe(true);
    expect(filter.test('http://localhost:1456/auth/callback#access_token=1&state=t')).toBe(false);
    expect(filter.test('http://localhost:1456/auth/callback?access_token=1&state=s')).toBe(false);
  });

  it('take any response to the redirect URI where there is no state', () => {
    const filter = filterOf('http://127.0.0.1:40001/callback', 'response_type=code');
    expect(filter.test('http://127.0.0.1:40001/callback?code=1')).toBe(true);
    expect(filter.test('http://127.0.0.1:40001/callback')).toBe(false);
    expect(filter.test('http://127.0.0.1:40002/callback?code=1')).toBe(false);
  });
});
