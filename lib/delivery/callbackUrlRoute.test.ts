import { beforeEach, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import type { CallbackUrl } from '../oauth/authorizationResponse';
import type { ApiAnswer } from '../opencode/channel';
import { ServerUrl } from '../servers/serverUrl';
import { callbackUrlRoute } from './callbackUrlRoute';

const callbackUrl = 'http://localhost:1455/auth/callback?code=the-code&state=the-state' as CallbackUrl;
const successful: ApiAnswer = {
  ...{ kind: 'answered', status: 200, contentType: 'text/html', basicChallenge: false },
  text: '<h1>Authorization Successful</h1>',
};
const send = vi.fn(async () => successful);
const server = {
  ...{ url: ServerUrl.parse('https://opencode.example.com'), version: '1.18.33' },
  channel: { kind: 'background' as const, send },
};

const deliver = (template: string) =>
  callbackUrlRoute(server, template).send({ kind: 'code', code: 'c', state: 's', callbackUrl }, AbortSignal.abort());

beforeEach(() => {
  fakeBrowser.reset();
  send.mockClear();
  Object.assign(fakeBrowser, { permissions: { contains: async () => false } });
});

it('is requested through the server when it lies below it', async () => {
  expect(await deliver('https://opencode.example.com{path}')).toBeUndefined();
  expect(send).toHaveBeenCalledWith(expect.objectContaining({ path: '/auth/callback?code=the-code&state=the-state' }));
});

it('is requested at no host that this browser was not asked about: it may have come from elsewhere', async () => {
  const fetched = vi.spyOn(globalThis, 'fetch');
  const failure = { name: 'permission-withdrawn', detail: '1455.elsewhere.example.com' };
  expect(await deliver('https://{port}.elsewhere.example.com{path}')).toMatchObject({ failure, remains: 'send' });
  expect(fetched).not.toHaveBeenCalled();
  expect(send).not.toHaveBeenCalled();
});
