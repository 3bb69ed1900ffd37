import { beforeEach, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { onMessage } from './messages';

const ownPage = { id: 'test-extension-id', url: 'chrome-extension://test-extension-id/popup.html' };
const inPage = { id: 'test-extension-id', url: 'https://opencode.example.com/', tab: { id: 7 } };

beforeEach(() => {
  fakeBrowser.reset();
  Object.assign(fakeBrowser.runtime, {
    id: 'test-extension-id',
    getURL: (path: string) => new URL(path, ownPage.url).href,
  });
});

/** What whoever sends a message gets back. */
async function replyTo(type: string, sender: object): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const message = { id: 1, type, data: 'x', timestamp: 0 };
  await fakeBrowser.runtime.onMessage.trigger(message as never, sender as never, resolve);
  return promise;
}

it('tells a function in a web page nothing but the request that it is to make', async () => {
  const answer = vi.fn(() => 'told' as never);
  const types = ['handOverSignIn', 'callbackUrlOf', 'takeCall'] as const;
  const stop = types.map((type) => onMessage(type, answer));
  const told = { res: 'told' };
  const refused = { err: expect.objectContaining({ name: 'Error' }) };
  for (const type of types) {
    expect(await replyTo(type, ownPage)).toEqual(told);
    expect(await replyTo(type, inPage)).toEqual(type === 'takeCall' ? told : refused);
    expect(await replyTo(type, { ...ownPage, id: 'another-extension' })).toEqual(refused);
  }
  expect(answer).toHaveBeenCalledTimes(types.length + 1);
  for (const end of stop) end();
});
