import { describe, expect, it } from 'vitest';
import { parseLoopbackRedirectUri } from './loopbackRedirectUri';

describe('a loopback redirect URI', () => {
  it.each([
    'http://localhost:1455/auth/callback',
    'http://127.0.0.1:56121/callback',
    'http://[::1]:8080/',
    'http://127.0.0.1:19876/mcp/oauth/callback',
    'http://localhost:8085/oauth2callback',
    'http://localhost:51121/oauth-callback',
    'http://localhost:1/',
    'http://localhost:65535/a/b;c=1/%7Ed',
  ])('is %s', (uri) => {
    expect(parseLoopbackRedirectUri(uri)).toBe(uri);
  });

  it.each([
    ['', 'nothing'],
    ['localhost:1455/auth/callback', 'no scheme'],
    ['https://localhost:1455/auth/callback', 'another scheme'],
    ['http://localhost/auth/callback', 'no port'],
    ['http://localhost:80/auth/callback', 'the default port, which a browser drops'],
    ['http://localhost.:1455/auth/callback', 'a trailing dot'],
    ['http://LOCALHOST:1455/auth/callback', 'a spelling that a browser rewrites'],
    ['http://127.1:1455/auth/callback', 'a short IPv4 form'],
    ['http://2130706433:1455/auth/callback', 'a decimal IPv4 form'],
    ['http://127.0.0.2:1455/auth/callback', 'another loopback address'],
    ['http://[0:0:0:0:0:0:0:1]:1455/auth/callback', 'a long IPv6 form'],
    ['http://localhost.example.com:1455/auth/callback', 'a host that only begins like it'],
    ['http://user@localhost:1455/auth/callback', 'a user name'],
    ['http://localhost@evil.example:1455/auth/callback', 'a user name that looks like the host'],
    ['http://localhost:1455/auth/callback?x=1', 'a query'],
    ['http://localhost:1455/auth/callback?', 'an empty query'],
    ['http://localhost:1455/*', 'what stands for anything in a capture rule'],
    ['http://localhost:1455/a|', 'what stands for an end in a capture rule'],
    ['http://localhost:1455/auth/callback#', 'a fragment'],
    ['http://localhost:1455/auth/../callback', 'a path that a browser rewrites'],
    [' http://localhost:1455/auth/callback', 'a leading space'],
    ['http://localhost:1455/auth/callback\n', 'a line break'],
    ['http://localhost:1455\\auth\\callback', 'backslashes'],
    ['http://localhost:99999/auth/callback', 'an impossible port'],
  ])('is not %j: %s', (uri) => {
    expect(parseLoopbackRedirectUri(uri)).toBeUndefined();
  });
});
