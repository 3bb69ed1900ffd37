import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { chatGpt } from '../methods/target';
import type { LoopbackRedirectUri } from '../oauth/loopbackRedirectUri';
import { saveServer } from '../servers/serverStore';
import { ServerUrl } from '../servers/serverUrl';
import { relayExit } from './relayScript';
import { learnWay, wayTo } from './way';

const server = ServerUrl.parse('https://opencode.example.com');
const ofChatGpt = { target: chatGpt, redirectUri: 'http://localhost:1455/auth/callback' as LoopbackRedirectUri };

const wanted = async () => true;
/** Everything that was asked. */
const asked: string[] = [];
/** The terminals that were started, and how one ends. */
const started: { args: string[]; env: Record<string, string> }[] = [];
let exitCode: number;
/** What the server's MCP client says of a port that nobody uses. */
let ofUnused: string;

beforeEach(() => {
  fakeBrowser.reset();
  asked.length = started.length = 0;
  exitCode = relayExit.canRun;
  ofUnused = 'Non-200 status code (502)';
  Object.assign(fakeBrowser, {
    permissions: { contains: async () => true },
    webRequest: { onErrorOccurred: { addListener: () => {}, removeListener: () => {} } },
  });
  Object.assign(fakeBrowser.tabs, { query: async () => [] });
  // What stands for opencode 1.18.33, with its answers to the same requests.
  vi.stubGlobal('fetch', async (url: string, { method, body }: RequestInit) => {
    const given = JSON.parse(String(body ?? '{}'));
    const request = `${method} ${new URL(url).pathname}`;
    asked.push(request);
    switch (request) {
      case 'GET /global/health':
        return Response.json({ healthy: true, version: '1.18.33' });
      case 'GET /provider/auth':
        return Response.json({ openai: [{ type: 'oauth', label: 'ChatGPT Pro/Plus (browser)' }] });
      case 'GET /provider':
        return Response.json({ all: [], connected: [] });
      case 'POST /mcp': {
        if (given.config.enabled === false) return Response.json({ 'callback-courier': { status: 'disabled' } });
        const error = given.config.url.endsWith(':9') ? ofUnused : 'Non-200 status code (404)';
        return Response.json({ 'callback-courier': { status: 'failed', error } });
      }
      case 'POST /api/pty':
        started.push(given);
        return Response.json({ data: { id: 'pty_1', status: 'running' } });
      case 'GET /api/pty/pty_1':
        return Response.json({ data: { id: 'pty_1', status: 'exited', exitCode } });
      default:
        return Response.json({ data: [] });
    }
  });
});

describe('where the response will need a terminal', () => {
  it('one that requests nothing is tried while the user logs in', async () => {
    await saveServer({ url: server });
    expect(await learnWay(server, ofChatGpt, wanted)).toMatchObject({ loopback: 'proxied', terminal: '/api/pty' });
    expect(started).toEqual([expect.objectContaining({ command: '/bin/sh', env: {} })]);
    expect(await wayTo(server)).toEqual({ loopback: 'proxied', hasTerminal: true });
    // What is listed as ended may be a delivery's, whose exit code has still to be read.
    expect(asked.filter((request) => request === 'GET /api/pty')).toHaveLength(1);
    expect(asked.filter((request) => request.startsWith('DELETE'))).toEqual(['DELETE /api/pty/pty_1']);
  });

  it('and one cannot run, that is known before the response is there', async () => {
    await saveServer({ url: server });
    exitCode = relayExit.noRunner;
    expect(await learnWay(server, ofChatGpt, wanted)).toMatchObject({ loopback: 'proxied', terminal: undefined });
    expect(await wayTo(server)).toEqual({ loopback: 'proxied', hasTerminal: false });
  });

  it('as for a token in the fragment, which only a process can post', async () => {
    await saveServer({ url: server });
    ofUnused = 'Unable to connect';
    await learnWay(server, { ...ofChatGpt, inFragment: true }, wanted);
    expect(started).toHaveLength(1);
  });
});

describe('no process is started', () => {
  it("where the server's own MCP client reaches its listeners", async () => {
    await saveServer({ url: server });
    ofUnused = 'Unable to connect';
    expect(await learnWay(server, ofChatGpt, wanted)).toMatchObject({ loopback: 'open', terminal: '/api/pty' });
    expect(started).toEqual([]);
  });

  it('on a server that was removed meanwhile', async () => {
    expect(await learnWay(server, ofChatGpt, wanted)).toMatchObject({ loopback: 'proxied', terminal: '/api/pty' });
    expect(started).toEqual([]);
  });

  it('for a sign-in whose response has come, or which has ended', async () => {
    await saveServer({ url: server });
    await learnWay(server, ofChatGpt, async () => false);
    expect(started).toEqual([]);
  });

  it('where an administrator has published the listener', async () => {
    await saveServer({ url: server, callbackTemplate: 'https://opencode.example.com/callback' });
    expect(await learnWay(server, ofChatGpt, wanted)).toMatchObject({ loopback: 'proxied', terminal: '/api/pty' });
    expect(started).toEqual([]);
  });
});
