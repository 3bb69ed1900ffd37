import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { saveServer } from '@/lib/servers/serverStore';
import { ServerUrl } from '@/lib/servers/serverUrl';
import background from './index';

const ownPage = { id: 'test-extension-id', url: 'chrome-extension://test-extension-id/popup.html' };
const authorizationUrl =
  'https://auth.openai.com/oauth/authorize?response_type=code' +
  '&redirect_uri=http%3A%2F%2Flocalhost%3A1455%2Fauth%2Fcallback&state=the-state-of-this-sign-in';

type Listener = (details: { url: string }) => unknown;

/** An event of the browser's that the fake lacks; requests are told to those who listen for the beginning of their URL. */
function eventOf() {
  const listeners: { listener: Listener; urls: string[] }[] = [];
  return {
    addListener: (listener: Listener, { urls = [] }: { urls?: string[] } = {}) => listeners.push({ listener, urls }),
    async trigger(details: { url: string; tabId: number; initiator: string }) {
      const asked = listeners.filter(({ urls }) => urls.some((url) => details.url.startsWith(url.replace('*', ''))));
      await Promise.all(asked.map(({ listener }) => listener(details)));
    },
  };
}
const onBeforeRequest = eventOf();

/** Once: the worker's listeners are added when it starts. */
beforeAll(async () => {
  const done = async () => {};
  Object.assign(fakeBrowser, {
    webRequest: { onBeforeRequest, onBeforeSendHeaders: eventOf(), onCompleted: eventOf(), onErrorOccurred: eventOf() },
    declarativeNetRequest: { updateSessionRules: done },
    action: { setBadgeText: done, setBadgeBackgroundColor: done },
    permissions: { contains: async () => false, onAdded: eventOf() },
  });
  for (const area of [fakeBrowser.storage.local, fakeBrowser.storage.sync])
    Object.assign(area, { setAccessLevel: done });
  Object.assign(fakeBrowser.runtime, {
    id: ownPage.id,
    getURL: (path: string) => new URL(path, ownPage.url).href,
  });
  await saveServer({ url: ServerUrl.parse('https://opencode.example.com') });
  background.main();
});

afterEach(() => void vi.useRealTimers());

/** What a page of ours gets back for a message. */
async function ask(type: string, data?: unknown): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const message = { id: 1, type, data, timestamp: 0 };
  await fakeBrowser.runtime.onMessage.trigger(message as never, ownPage as never, resolve as never);
  return ((await promise) as { res: unknown }).res;
}

it('waits for the response of a sign-in on a server of the user, until that is too old', async () => {
  await onBeforeRequest.trigger({ url: authorizationUrl, tabId: 7, initiator: 'https://opencode.example.com' });
  expect(await ask('getSignIns')).toMatchObject([{ phase: 'waiting', server: 'https://opencode.example.com' }]);

  const [alarm] = await fakeBrowser.alarms.getAll();
  vi.setSystemTime(alarm?.scheduledTime ?? 0);
  await fakeBrowser.alarms.onAlarm.trigger(alarm as never);
  expect(await ask('getSignIns')).toMatchObject([{ phase: 'failed', failure: { name: 'expired' } }]);
});

it('shows what to do first after the installation, and not after an update', async () => {
  const create = vi.spyOn(fakeBrowser.tabs, 'create');
  await fakeBrowser.runtime.onInstalled.trigger({ reason: 'update', previousVersion: '0.0.9' });
  expect(create).not.toHaveBeenCalled();
  await fakeBrowser.runtime.onInstalled.trigger({ reason: 'install' });
  expect(create).toHaveBeenCalledWith({ url: 'chrome-extension://test-extension-id/welcome.html' });
});
