import { expect, it } from 'vitest';
import { ServerUrl } from './serverUrl';
import { readSettings, writeSettings } from './settingsFile';

const servers = [
  { url: ServerUrl.parse('https://a.example.com'), name: 'Work' },
  {
    url: ServerUrl.parse('https://b.example.com/code'),
    callbackTemplate: 'https://b.example.com/proxy/{port}{path}',
  },
];
const file = (change: object) => JSON.stringify({ ...JSON.parse(writeSettings(servers)), ...change });

it('comes back as it went', () => {
  expect(readSettings(writeSettings(servers))).toEqual({ servers });
});

it.each([
  ['', { name: 'not-settings' }],
  ['{"servers":[]}', { name: 'not-settings' }],
  ['[1]', { name: 'not-settings' }],
  [' '.repeat(2_000_000), { name: 'not-settings' }],
  [file({ version: 2 }), { name: 'newer-version' }],
  [file({ servers: {} }), { name: 'malformed', detail: 'servers' }],
  [file({ servers: [{ url: 'https://a.example.com/' }] }), { name: 'malformed', detail: 'servers.0.url' }],
  [file({ servers: [{ url: 'javascript:alert(1)' }] }), { name: 'malformed', detail: 'servers.0.url' }],
  [file({ password: 'x' }), { name: 'malformed', detail: 'password' }],
])('is refused as a whole: %.60s', (text, problem) => {
  expect(readSettings(text)).toEqual({ problem });
});
