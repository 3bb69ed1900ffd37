import { describe, expect, it } from 'vitest';
import type { CallbackUrl } from '../oauth/authorizationResponse';
import { parseCallbackTemplate, publicCallbackUrl } from './callbackTemplate';
import { ServerUrl } from './serverUrl';

const server = ServerUrl.parse('https://opencode.example.com');
const callbackUrl = 'http://localhost:1455/auth/callback?code=a%2Bb&state=c$1' as CallbackUrl;

describe('the public URL of a listener', () => {
  it.each([
    ['https://opencode.example.com/auth/callback', 'https://opencode.example.com/auth/callback?code=a%2Bb&state=c$1'],
    [
      'https://code.example.com/proxy/{port}{path}',
      'https://code.example.com/proxy/1455/auth/callback?code=a%2Bb&state=c$1',
    ],
    [
      ' https://{port}--main.coder.example.com{path} ',
      'https://1455--main.coder.example.com/auth/callback?code=a%2Bb&state=c$1',
    ],
  ])('%s leads to %s', (typed, expected) => {
    const parsed = parseCallbackTemplate(typed, server);
    expect('template' in parsed && publicCallbackUrl(parsed.template, callbackUrl)).toBe(expected);
  });

  it.each([
    ['', 'not-a-url'],
    ['opencode.example.com/auth/callback', 'not-a-url'],
    ['javascript:alert(1)', 'not-http'],
    ['http://opencode.example.com/auth/callback', 'not-http'],
    ['https://me:secret@opencode.example.com{path}', 'has-credentials'],
    ['https://opencode.example.com/{host}{path}', 'unknown-placeholder'],
    ['https://opencode.example.com{path}?x=1', 'has-query'],
    ['https://opencode.example.com{path}#x', 'has-query'],
    ['https://localhost:{port}{path}', 'this-computer'],
    ['https://127.0.0.1:{port}{path}', 'this-computer'],
  ])('%j is refused: %s', (typed, problem) => {
    expect(parseCallbackTemplate(typed, server)).toEqual({ problem });
  });

  it('may be unencrypted, or on this computer, where the server is', () => {
    const local = ServerUrl.parse('http://localhost:4096');
    expect(parseCallbackTemplate('http://localhost:{port}{path}', local)).toEqual({
      template: 'http://localhost:{port}{path}',
    });
  });
});
