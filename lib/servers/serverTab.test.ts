import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { saveServer } from './serverStore';
import { findServerPage, framesOf, serverPages } from './serverTab';
import { ServerUrl } from './serverUrl';

const home = (path: string) => ServerUrl.parse(`https://home.example${path}`);

beforeEach(() => {
  fakeBrowser.reset();
  Object.assign(fakeBrowser.storage, { managed: { get: async () => ({}) } });
});

it.each([
  ['a page of its own', [''], '/session', '', true],
  ['a page beside its /api', ['/api'], '/session', '/api', true],
  ['a page of a server that is added only now', [], '/session', '', true],
  // With its login there, and a stored password, a request goes through the tab.
  ["another server's page below it", ['', '/team'], '/team/session', '', false],
  ["another server's page beside its /api", ['/api', '/team'], '/team/session', '/api', false],
  ['a page of nobody', ['/team'], '/other', '/team', false],
  ['a page that may have it in a frame', ['/api/ingress/one'], '/hassio/one', '/api/ingress/one', false],
])('a server is reached through %s, or is not', async (_, added, page, asked, isIts) => {
  for (const path of added) await saveServer({ url: home(path) });
  Object.assign(fakeBrowser.tabs, { query: async () => [{ id: 7, url: `https://home.example${page}` }] });
  Object.assign(fakeBrowser, { scripting: { executeScript: async () => [] } });
  expect(await findServerPage(home(asked))).toEqual(isIts ? { tabId: 7, frameId: 0 } : undefined);
});

describe('what a page has in frames', () => {
  /** A tab that shows a page with frames. */
  function show(page: string, frames: string[]) {
    Object.assign(fakeBrowser.tabs, { query: async () => [{ id: 7, url: page }] });
    const shown = [page, ...frames].map((result, frameId) => ({ frameId, result }));
    Object.assign(fakeBrowser, { scripting: { executeScript: async () => shown } });
  }

  it('is a page of the server that lies there, and of no other', async () => {
    await saveServer({ url: home('/api/ingress/one') });
    show('https://home.example/hassio/one', [
      'https://home.example/api/ingress/two/',
      'https://home.example/api/ingress/one/',
    ]);
    expect(await serverPages(home('/api/ingress/one'))).toMatchObject([{ tabId: 7, frameId: 2 }]);
    expect(await serverPages(home('/api/ingress/three'))).toEqual([]);
  });

  it('is known by the address that its user sees, whatever its query and fragment are', async () => {
    show('https://home.example/hassio/one?tab=1#top', ['https://home.example/api/ingress/one/', 'about:srcdoc']);
    expect(await framesOf(home('/hassio/one'))).toEqual([home('/hassio/one'), home('/api/ingress/one')]);
    expect(await framesOf(home('/hassio'))).toEqual([]);
  });

  it('is at its own origin: a program on this computer that it frames was not meant', async () => {
    show('https://home.example/', ['http://localhost:4096/', 'https://other.example/']);
    expect(await framesOf(home(''))).toEqual([home('')]);
  });

  it('is a handful, however many it has', async () => {
    const frames = Array.from({ length: 1_000 }, (_, index) => `https://home.example/${index}`);
    show('https://home.example/', frames);
    expect(await framesOf(home(''))).toHaveLength(6);
  });

  it('is nothing where the page hangs', async () => {
    vi.useFakeTimers();
    show('https://home.example/', []);
    Object.assign(fakeBrowser, { scripting: { executeScript: () => new Promise(() => {}) } });
    const found = framesOf(home(''));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await found).toEqual([]);
    vi.useRealTimers();
  });
});
