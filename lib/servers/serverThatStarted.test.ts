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
    ['the frame, beside another server’s', ['/api/ingress/one/', '/api/ingress/two/'], undefined],
    ['no frame', [], undefined],
  ])(
    'is told by %s of the page that opened the tab, where the browser tells the origin alone',
    async (_, frames, expected) => {
      for (const path of ['/api/ingress/one', '/api/ingress/two'])
        await saveServer({ url: ServerUrl.parse(`https://home.example${path}`) });
      const tabs = [
        { id: 1, openerTabId: 2 },
        { id: 2, url: 'https://home.example/hassio/one' },
      ];
      const shown = ['/hassio/one', ...frames].map((path, frameId) => ({
        frameId,
        result: `https://home.example${path}`,
      }));
      Object.assign(fakeBrowser.tabs, { get: async (wanted: number) => tabs.find(({ id }) => id === wanted) });
      Object.assign(fakeBrowser, {
        scripting: {
          executeScript: async ({ target }: { target: { tabId: number } }) => (target.tabId === 2 ? shown : []),
        },
      });
      const started = await serverThatStarted({ url, tabId: 1, initiator: 'https://home.example' });
      expect(started).toBe(expected && `https://home.example${expected}`);
    },
  );

  it('is none at another origin', async () => {
    await saveServer({ url: ServerUrl.parse('https://home.example') });
    expect(await startedOn('https://home.example.evil.example/')).toBe(undefined);
  });
});
