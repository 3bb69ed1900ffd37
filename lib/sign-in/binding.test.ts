import { describe, expect, it } from 'vitest';
import type { LoopbackRedirectUri } from '../oauth/loopbackRedirectUri';
import { type Binding, readResponse } from './binding';

const redirectUri = 'http://localhost:1455/auth/callback' as LoopbackRedirectUri;
const strong = 'a-state-that-cannot-be-guessed';
const inSeven: Binding = { kind: 'tabs', tabIds: [7] };

describe('a response', () => {
  it.each<[string, Binding, string | undefined, number | undefined, boolean]>([
    ['with its state in its tab', inSeven, strong, 7, true],
    ['with its state in another tab', inSeven, strong, 8, false],
    ['with its state in no tab that is known', inSeven, strong, undefined, false],
    ['without a state in the tab that was opened for it', inSeven, undefined, 7, true],
    ['without a state in another tab', inSeven, undefined, 8, false],
    ['with a state that can be guessed, in its tab', inSeven, 'short', 7, true],
    ['with a state that can be guessed, in another tab', inSeven, 'short', 8, false],
    ['with its state in any tab, where that alone binds it', { kind: 'state' }, strong, 8, true],
    ['with a state that can be guessed, where that alone would bind it', { kind: 'state' }, 'short', 8, false],
    ['without a state, where that alone would bind it', { kind: 'state' }, undefined, 8, false],
    ['in any tab, where the user has given it', { kind: 'user' }, strong, 7, false],
  ])('%s is taken or not', (_, binding, state, tabId, isTaken) => {
    const url = `${redirectUri}?code=c${state ? `&state=${state}` : ''}`;
    const expected = { redirectUri, binding, ...(state ? { state } : {}) };
    expect(readResponse(expected, url, tabId) !== undefined).toBe(isTaken);
    expect(readResponse(expected, `${url}x`, tabId) !== undefined).toBe(isTaken && !state);
    expect(readResponse(expected, url.replace('1455', '1456'), tabId)).toBeUndefined();
  });
});
