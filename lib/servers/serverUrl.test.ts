import { describe, expect, it } from 'vitest';
import { parseServerUrl, ServerUrl, serverName, urlAndParents } from './serverUrl';

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

  it('has parents, up to its origin', () => {
    const url = ServerUrl.parse('https://a.example/x/y');
    expect(urlAndParents(url)).toEqual(['https://a.example/x/y', 'https://a.example/x', 'https://a.example']);
  });

  it('is shown without its scheme', () => {
    expect(serverName(ServerUrl.parse('https://a.example:8443/x'))).toBe('a.example:8443/x');
  });

  it('is stored in one spelling only', () => {
    expect(() => ServerUrl.parse('https://a.example/')).toThrow();
  });
});
