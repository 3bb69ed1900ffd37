import { beforeEach, expect, it } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { readPolicy } from './managedPolicy';

beforeEach(() => fakeBrowser.reset());

function set(policy: unknown): void {
  Object.assign(fakeBrowser.storage.managed, { get: async () => policy });
}

it('is what an administrator has set', async () => {
  set({ servers: [{ url: 'https://opencode.example.com', name: 'Team' }], allowOtherServers: false });
  expect(await readPolicy()).toEqual({
    policy: { servers: [{ url: 'https://opencode.example.com', name: 'Team' }], allowOtherServers: false },
  });
});

it.each([
  ['a member that is none', { allowOtherServer: false }, 'allowOtherServer'],
  [
    'a member of a server that is none',
    { servers: [{ url: 'https://opencode.example.com', callbackTemplat: 'x' }] },
    'servers.0.callbackTemplat',
  ],
  [
    'a callback URL that makes no sense',
    { servers: [{ url: 'https://opencode.example.com', callbackTemplate: 'x' }] },
    'servers.0',
  ],
])('is not used in part, and its mistake is named, when it has %s', async (_, policy, place) => {
  set(policy);
  expect(await readPolicy()).toEqual({ policy: { servers: [], allowOtherServers: true }, problem: place });
});
