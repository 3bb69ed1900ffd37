import { beforeEach, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { ServerUrl } from '../servers/server';
import { saveServer } from '../servers/serverStore';
import { captureResponse } from './captureResponse';
import { onAuthorizationRequest } from './startSignIn';

const authorizationUrl =
  'https://auth.openai.com/oauth/authorize?response_type=code&client_id=app&code_challenge=c&code_challenge_method=S256' +
  '&redirect_uri=http%3A%2F%2Flocalhost%3A1455%2Fauth%2Fcallback&state=the-state-of-this-sign-in&originator=opencode';

beforeEach(() => {
  fakeBrowser.reset();
  // What the fake lacks: the calls are taken, and the rules are tested in real browsers.
  const done = vi.fn(async () => {});
  Object.assign(fakeBrowser, {
    declarativeNetRequest: { updateSessionRules: done },
    action: { setBadgeText: done, setBadgeBackgroundColor: done },
    permissions: { contains: async () => false },
  });
});

it('knows a response that comes before its sign-in was written down: a provider that remembers the user answers at once', async () => {
  await saveServer({ url: ServerUrl('https://opencode.example.com') });

  const watched = onAuthorizationRequest({
    url: authorizationUrl,
    tabId: 7,
    initiator: 'https://opencode.example.com',
  });
  const captured = await captureResponse('?code=the-code&state=the-state-of-this-sign-in', 7);
  await watched;

  expect(captured).toMatchObject({ phase: 'captured', server: 'https://opencode.example.com' });
});
