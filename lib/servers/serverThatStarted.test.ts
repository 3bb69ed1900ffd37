import { beforeEach, describe, expect, it } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { saveServer } from './serverStore';
import { serverThatStarted } from './serverThatStarted';
import { ServerUrl } from './serverUrl';

const url = 'https://auth.openai.com/oauth/authorize';
const startedOn = (originUrl: string) => serverThatStarted({ url, tabId: 1, originUrl });

beforeEach(() => {
  fakeBrowser.reset();
  Object.assign(fakeBrowser.storage, { managed: { get: async () => ({}) } });
});

/** A tab, and the home server's page that opened it, with its frames; as Chromium has them. */
async function show({ opener, tab = {} }: { opener: string[]; tab?: object }): Promise<void> {
  for (const path of ['/api/ingress/one', '/api/ingress/two'])
    await saveServer({ url: ServerUrl.parse(`https://home.example${path}`) });
  const tabs = [
    { id: 1, openerTabId: 2, ...tab },
    { id: 2, url: 'https://home.example/hassio/one' },
  ];
  const shown = ['/hassio/one', ...opener].map((path, frameId) => ({ frameId, result: `https://home.example${path}` }));
  Object.assign(fakeBrowser.tabs, { get: async (wanted: number) => tabs.find(({ id }) => id === wanted) });
  Object.assign(fakeBrowser, {
    scripting: {
      executeScript: async ({ target }: { target: { tabId: number } }) => (target.tabId === 2 ? shown : []),
    },
  });
}

function startedBy(): Promise<string | undefined> {
  return serverThatStarted({ url, tabId: 1, initiator: 'https://home.example' });
}

describe('the server whose page has started a sign-in', () => {
  it.each([
    [['/oc'], '/oc/session', '/oc'],
    [['/oc'], '/other', undefined],
    [['/oc', '/oc/team'], '/oc/team/session', '/oc/team'],
    [[''], '/session', ''],
    // Another front end, which has opencode's API beside its pages.
    [['/api'], '/session', '/api'],
    [['/oc/api'], '/oc/session', '/oc/api'],
    [['/oc/api'], '/other', undefined],
    // Whose page lies below another server is that one's.
    [['/api', '/oc'], '/oc/session', '/oc'],
    [['/api', ''], '/session', ''],
    [['/api', '/oc'], '/session', '/api'],
    // A home server, which has it in a frame: of its own page nobody knows what it has started.
    [['/api/ingress/one'], '/hassio/one', undefined],
    [['/api/ingress/one'], '/api/ingress/two/session', undefined],
    [['/api/ingress/one', '/api/ingress/two'], '/api/ingress/two/session', '/api/ingress/two'],
  ])('of %j, for the page %s, is %j', async (paths, page, expected) => {
    for (const path of paths) await saveServer({ url: ServerUrl.parse(`https://home.example${path}`) });
    expect(await startedOn(`https://home.example${page}`)).toBe(
      expected === undefined ? undefined : `https://home.example${expected}`,
    );
  });

  it.each([
    ['the frame', ['/api/ingress/one/'], '/api/ingress/one'],
    ['the frame, beside one of somebody else', ['/api/ingress/one/', '/api/ingress/other/'], undefined],
    ["the frame, beside another server's", ['/api/ingress/one/', '/api/ingress/two/'], undefined],
    ['a hundred frames, before one of somebody else', [...Array(100).fill('/api/ingress/one/'), '/other/'], undefined],
    ['no frame', [], undefined],
  ])(
    'is told by %s of the page that opened the tab, where the browser tells the origin alone',
    async (_, frames, expected) => {
      await show({ opener: frames });
      expect(await startedBy()).toBe(expected && `https://home.example${expected}`);
    },
  );

  it('is not told by those frames where the tab itself shows a page of that origin, or where it has no opener', async () => {
    await show({ opener: ['/api/ingress/one/'], tab: { url: 'https://home.example/hassio/other' } });
    expect(await startedBy()).toBe(undefined);
    await show({ opener: ['/api/ingress/one/'], tab: { openerTabId: undefined } });
    expect(await startedBy()).toBe(undefined);
  });

  it('is none at another origin', async () => {
    await saveServer({ url: ServerUrl.parse('https://home.example') });
    expect(await startedOn('https://home.example.evil.example/')).toBe(undefined);
  });
});
