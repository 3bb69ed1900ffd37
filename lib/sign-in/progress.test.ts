import { beforeEach, expect, it } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { chatGpt } from '../methods/target';
import { saveServer } from '../servers/serverStore';
import { ServerUrl } from '../servers/serverUrl';
import { abandonSignInsOfOthers } from './progress';
import { RedirectUri } from './signIn';
import { changeSignIns, getSignIns } from './signInStore';
import { start } from './transitions';

const server = ServerUrl.parse('https://opencode.example.com');
const signIn = start({
  ...{ id: 'one', server, target: chatGpt, now: Date.now() },
  armed: {
    redirectUri: RedirectUri.parse('http://localhost:1455/auth/callback'),
    state: 'state',
    ruleId: 1,
    binding: { kind: 'user' },
  },
});

beforeEach(() => {
  fakeBrowser.reset();
  // What the fake lacks: the calls are taken, and the rules are tested in real browsers.
  const done = async () => {};
  Object.assign(fakeBrowser, {
    declarativeNetRequest: { updateSessionRules: done },
    action: { setBadgeText: done, setBadgeBackgroundColor: done },
  });
});

it('ends the sign-ins of a server that is gone', async () => {
  await changeSignIns((all) => [...all, signIn]);
  await abandonSignInsOfOthers();
  expect(await getSignIns()).toMatchObject([{ phase: 'failed', failure: { name: 'server-removed' } }]);
});

it('leaves alone what started on a server that was added meanwhile', async () => {
  const started = changeSignIns(async (all) => {
    await saveServer({ url: server });
    return [...all, signIn];
  });
  await Promise.all([abandonSignInsOfOthers(), started]);
  expect(await getSignIns()).toMatchObject([{ phase: 'waiting' }]);
});
