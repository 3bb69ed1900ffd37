import { beforeEach, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { onMessage } from './messaging';

const ownPage = { id: 'test-extension-id', url: 'chrome-extension://test-extension-id/popup.html' };
const inPage = { id: 'test-extension-id', url: 'https://opencode.example.com/', tab: { id: 7 } };

beforeEach(() => {
  fakeBrowser.reset();
  Object.assign(fakeBrowser.runtime, {
    id: 'test-extension-id',
    getURL: (path: string) => new URL(path, ownPage.url).href,
  });
});

/** What becomes of a message: whether somebody answers it. */
async function isAnswered(type: string, sender: object): Promise<boolean> {
  const answers: unknown[] = await fakeBrowser.runtime.onMessage.trigger(
    { type, data: 'x' } as never,
    sender as never,
    () => {},
  );
  return answers.includes(true);
}

it('tells a function in a web page nothing but the request that it is to make', async () => {
  const stop = [
    onMessage('handOverSignIn', vi.fn()),
    onMessage('callbackUrlOf', vi.fn()),
    onMessage('takeCall', vi.fn()),
  ];
  for (const type of ['handOverSignIn', 'callbackUrlOf', 'takeCall']) {
    expect(await isAnswered(type, ownPage)).toBe(true);
    expect(await isAnswered(type, inPage)).toBe(type === 'takeCall');
    expect(await isAnswered(type, { ...ownPage, id: 'another-extension' })).toBe(false);
  }
  for (const end of stop) end();
});
