import { beforeEach, describe, expect, it } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { ServerUrl } from '../servers/server';
import { saveServer } from '../servers/serverStore';
import {
  findWebUiStart,
  lastDirectory,
  noteLabel,
  noteWebUiEnd,
  noteWebUiStart,
  waitForWebUiEnd,
  webUiStarts,
} from './webUi';

const server = ServerUrl('https://opencode.example.com/team');
const authorize = `${server}/provider/gitlab/oauth/authorize`;
const path = '/provider/gitlab/oauth';

beforeEach(async () => {
  fakeBrowser.reset();
  await saveServer({ url: server });
});

describe("what opencode's web UI is seen to ask", () => {
  it.each([
    ['another site', 'https://elsewhere.example.com/provider/gitlab/oauth/authorize'],
    ['the same site above the server', 'https://opencode.example.com/provider/gitlab/oauth/authorize'],
    ['another path of the server', `${server}/session/provider/gitlab/oauth/authorize`],
    ['what is no sign-in', `${server}/provider/gitlab/oauth`],
  ])('is nothing on %s', async (_, url) => {
    expect(await noteWebUiStart({ tabId: 7, url })).toBeUndefined();
    expect(await webUiStarts(server)).toEqual([]);
  });

  it('is a sign-in, for the project that the header names', async () => {
    const requestHeaders = [{ name: 'X-OpenCode-Directory', value: '%2Fsrv%2Fapp' }];
    await noteWebUiStart({ tabId: 7, url: authorize, requestHeaders });
    expect(await webUiStarts(server)).toMatchObject([{ path, directory: '%2Fsrv%2Fapp' }]);
    expect(await lastDirectory(server)).toBe('%2Fsrv%2Fapp');
  });

  it('is a sign-in, for the project that the query names', async () => {
    await noteWebUiStart({ tabId: 7, url: `${authorize}?directory=/srv/app` });
    expect(await lastDirectory(server)).toBe('%2Fsrv%2Fapp');
  });

  it('is a sign-in to an MCP server', async () => {
    await noteWebUiStart({ tabId: 7, url: `${server}/mcp/demo/auth/authenticate` });
    expect(await webUiStarts(server)).toMatchObject([{ path: '/mcp/demo/auth' }]);
  });

  it('takes the place of an earlier start of the same sign-in, and of no other', async () => {
    await noteWebUiStart({ tabId: 7, url: authorize });
    await noteWebUiStart({ tabId: 7, url: `${server}/provider/poe/oauth/authorize` });
    await noteWebUiEnd({ tabId: 7, url: `${server}/provider/gitlab/oauth/callback` }, 200);
    await noteWebUiStart({ tabId: 7, url: authorize });
    expect((await webUiStarts(server)).map((start) => [start.path, start.end])).toEqual([
      [path, undefined],
      ['/provider/poe/oauth', undefined],
    ]);
  });

  it('is known to whoever asks right after it, as when the server answers before it is written down', async () => {
    const [, found] = await Promise.all([
      noteWebUiStart({ tabId: 7, url: authorize }),
      findWebUiStart({ tabId: 7, url: authorize }),
    ]);
    expect(found?.start.path).toBe(path);
  });

  it('has a label as soon as the server has said it', async () => {
    await noteWebUiStart({ tabId: 7, url: authorize });
    await noteLabel(server, path, 'GitLab Duo');
    expect((await findWebUiStart({ tabId: 7, url: authorize }))?.start.label).toBe('GitLab Duo');
  });
});

describe('how a sign-in ended', () => {
  it('is the status of the request that the web UI holds', async () => {
    await noteWebUiStart({ tabId: 7, url: authorize });
    const end = waitForWebUiEnd(server, path);
    await noteWebUiEnd({ tabId: 7, url: `${server}/provider/gitlab/oauth/callback` }, 500);
    expect(await end).toBe(500);
  });

  it('is lost when the request was cut, and when nobody knows of it', async () => {
    await noteWebUiStart({ tabId: 7, url: authorize });
    await noteWebUiEnd({ tabId: 7, url: `${server}/provider/gitlab/oauth/callback` }, 'lost');
    expect(await waitForWebUiEnd(server, path)).toBe('lost');
    expect(await waitForWebUiEnd(server, '/provider/poe/oauth')).toBe('lost');
  });
});
