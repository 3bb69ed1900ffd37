import { describe, expect, it } from 'vitest';
import { hasPathOfSession, ownerOf, parseServerUrl, placesNear, ServerUrl, serverName } from './serverUrl';

describe('what a person types as a server URL', () => {
  it.each([
    ['https://opencode.example.com', 'https://opencode.example.com'],
    ['opencode.example.com', 'https://opencode.example.com'],
    ['  opencode.example.com/  ', 'https://opencode.example.com'],
    ['HTTPS://OpenCode.Example.com:443/', 'https://opencode.example.com'],
    ['opencode.example.com:8443/code/', 'https://opencode.example.com:8443/code'],
    ['http://10.0.0.5:4096', 'http://10.0.0.5:4096'],
    ['localhost:4096', 'http://localhost:4096'],
    ['127.0.0.1:4096', 'http://127.0.0.1:4096'],
    ['[::1]:4096', 'http://[::1]:4096'],
    ['https://opencode.example.com/a/b?x=1#y', 'https://opencode.example.com/a/b'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ])('%j means %s', (typed, url) => {
    expect(parseServerUrl(typed)).toEqual({ url });
  });

  it.each([
    ['', 'empty'],
    ['   ', 'empty'],
    ['https://', 'not-a-url'],
    ['http://a b', 'not-a-url'],
    ['ftp://opencode.example.com', 'not-http'],
    ['file:///etc/passwd', 'not-http'],
    ['https://me:secret@opencode.example.com', 'has-credentials'],
  ])('%j is a problem: %s', (typed, problem) => {
    expect(parseServerUrl(typed)).toEqual({ problem });
  });

  it('leads to opencode at itself, above, and below `/api` of each', () => {
    expect(placesNear(ServerUrl.parse('https://a.example/x/y'))).toEqual([
      ...['https://a.example/x/y', 'https://a.example/x/y/api', 'https://a.example/x', 'https://a.example/x/api'],
      ...['https://a.example', 'https://a.example/api'],
    ]);
  });

  it.each([
    ['https://a.example', 'https://a.example/session/1', true],
    ['https://a.example/code', 'https://a.example/code', true],
    ['https://a.example/code', 'https://a.example/codes', false],
    ['https://a.example/code', 'https://a.example/', false],
    ['https://a.example/api', 'https://a.example/session/1', true],
    ['https://a.example/code/api', 'https://a.example/code/session/1', true],
    ['https://a.example/code/api', 'https://a.example/other', false],
    ['https://a.example/myapi', 'https://a.example/other', false],
    ['https://a.example/api', 'https://a.example.evil/', false],
    ['https://a.example/api', 'http://a.example/', false],
    ['https://a.example/api', 'about:blank', false],
    ['http://api', 'http://evil.example/', false],
    ['https://api', 'https://api/session/1', true],
  ])('%s has the page %s: %s', (server, page, isOne) => {
    expect(ownerOf(page, [ServerUrl.parse(server)])).toBe(isOne ? server : undefined);
  });

  it.each([
    ['https://a.example/api/hassio_ingress/Zx3kQ9vT0aLmN7pR2sUwYg', true],
    ['https://a.example/s/0b9d2c1e-5f6a-4c3b-8d7e-112233445566', true],
    ['https://a.example/the-opencode-server-of-team-2', false],
    ['https://a.example/opencode', false],
  ])('%s is of one session: %s', (url, isPassing) => {
    expect(hasPathOfSession(ServerUrl.parse(url))).toBe(isPassing);
  });

  it('is shown without its scheme', () => {
    expect(serverName(ServerUrl.parse('https://a.example:8443/x'))).toBe('a.example:8443/x');
  });

  it('is stored in one spelling only', () => {
    expect(() => ServerUrl.parse('https://a.example/')).toThrow();
  });
});
