import { beforeEach, expect, it } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { saveServer } from './serverStore';
import { findServerTab } from './serverTab';
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
])('a server is reached through %s, or is not', async (_, added, page, asked, isIts) => {
  for (const path of added) await saveServer({ url: home(path) });
  Object.assign(fakeBrowser.tabs, { query: async () => [{ id: 7, url: `https://home.example${page}` }] });
  expect(await findServerTab(home(asked))).toBe(isIts ? 7 : undefined);
});
