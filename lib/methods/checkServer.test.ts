import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { ServerUrl } from '../servers/serverUrl';
import { addServer } from './checkServer';

const typed = ServerUrl.parse('https://home.example/a/b/c');

beforeEach(() => {
  fakeBrowser.reset();
  const done = async () => {};
  Object.assign(fakeBrowser, {
    permissions: { contains: async () => true, getAll: async () => ({ origins: [] }), remove: done },
    scripting: { executeScript: async () => [] },
    webRequest: { onErrorOccurred: { addListener: () => {}, removeListener: () => {} } },
  });
  Object.assign(fakeBrowser.storage, { managed: { get: async () => ({}) } });
  Object.assign(fakeBrowser.tabs, { query: async () => [] });
});
afterEach(() => void vi.unstubAllGlobals());

it('a server that stops answering is not asked at every place that is near', async () => {
  vi.useFakeTimers();
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (url: string) => {
    asked.push(url);
    if (asked.length > 1) throw new TypeError('nobody answers');
    return new Response('<h1>Not opencode</h1>', { headers: { 'content-type': 'text/html' } });
  });
  const adding = addServer(typed);
  await vi.runAllTimersAsync();
  vi.useRealTimers();
  expect(await adding).toMatchObject({ kind: 'not-found', failure: { name: 'not-opencode' }, kept: false });
  expect(asked).toHaveLength(2);
});
