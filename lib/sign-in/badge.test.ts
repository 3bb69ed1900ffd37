import { describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { chatGpt } from '../methods/target';
import type { LoopbackRedirectUri } from '../oauth/loopbackRedirectUri';
import { ServerUrl } from '../servers/serverUrl';
import { markOf, showBadge } from './badge';
import type { SignIn } from './signIn';
import { complete, failToArm, noteSent, start, supersede } from './transitions';

const armed = {
  redirectUri: 'http://localhost:1455/cb' as LoopbackRedirectUri,
  state: 's',
  ruleId: 1,
  binding: { kind: 'tabs' as const, tabIds: [1] },
};
const waitingSince = (now: number) =>
  start({ id: `${now}`, server: ServerUrl.parse('https://opencode.example.com'), target: chatGpt, armed, now });
const failedAt = (now: number) => failToArm(waitingSince(now), now);
const divertedAt = (now: number) => ({ ...completedSince(now), arrival: { digest: '', divertedAt: now } });
const completedSince = (now: number): SignIn =>
  complete(noteSent({ ...waitingSince(now), phase: 'delivering', callbackUrl: '' as never, sent: false }), now);

describe('the mark on the toolbar icon', () => {
  it('is shown again after it could not be shown once', async () => {
    const setBadgeText = vi.fn(async () => {});
    const refused = Promise.reject(new Error('the browser is closing'));
    Object.assign(fakeBrowser, { action: { setBadgeText, setBadgeBackgroundColor: () => refused } });
    await expect(showBadge()).rejects.toThrow('closing');
    Object.assign(fakeBrowser, { action: { setBadgeText, setBadgeBackgroundColor: async () => {} } });
    await showBadge();
    expect(setBadgeText).toHaveBeenCalledOnce();
  });

  it.each<[string, SignIn[], number, string]>([
    ['nothing without sign-ins', [], 0, ''],
    ['quiet while one waits', [waitingSince(5)], 0, '…'],
    ['nothing after a success', [completedSince(5)], 0, ''],
    ['a failure', [failedAt(5)], 0, '!'],
    ['nothing for a failure that the user has seen', [failedAt(5)], 6, ''],
    ['nothing for a failure that a success followed', [failedAt(5), completedSince(7)], 0, ''],
    ['nothing for a superseded one but the newer', [supersede(waitingSince(5), 6), waitingSince(6)], 0, '…'],
    ['a success whose response another extension has seen', [divertedAt(5)], 0, '!'],
    ['nothing for one that the user knows of', [divertedAt(5)], 6, ''],
    ['a failure before another sign-in that waits', [failedAt(5), waitingSince(7)], 0, '!'],
  ])('is %s', (_, signIns, since, mark) => {
    expect(markOf(signIns, since)).toBe(mark);
  });
});
