import { describe, expect, it } from 'vitest';
import { chatGpt } from '../methods/target';
import type { CallbackUrl } from '../oauth/authorizationResponse';
import type { LoopbackRedirectUri } from '../oauth/loopbackRedirectUri';
import { ServerUrl } from '../servers/serverUrl';
import type { Binding } from './binding';
import { SignIn, viewOf } from './signIn';
import {
  abandon,
  age,
  agesAt,
  beginDelivery,
  capture,
  complete,
  EXPLAIN_LATE_MS,
  fail,
  handOver,
  learn,
  limit,
  noteSent,
  rebind,
  SIGN_IN_LIFE_MS,
  start,
  supersede,
} from './transitions';

const server = ServerUrl.parse('https://opencode.example.com');
const armed = {
  redirectUri: 'http://localhost:1455/auth/callback' as LoopbackRedirectUri,
  state: 'the-state',
  ruleId: 1,
  binding: { kind: 'tabs' as const, tabIds: [7] },
};
const url = 'http://localhost:1455/auth/callback?code=secret&state=the-state' as CallbackUrl;

const waiting = start({ id: 'a', server, target: chatGpt, armed, now: 0 });
const captured = capture(waiting, url, 1);
const delivering = beginDelivery(captured, 2);
const sent = noteSent(delivering);
const late = SIGN_IN_LIFE_MS + 1;

const holdsSecret = (signIn: SignIn) => JSON.stringify(signIn).includes('secret');

describe('a sign-in', () => {
  it('goes from waiting to completed, and keeps no secret', () => {
    expect([waiting, captured, delivering].map(({ phase }) => phase)).toEqual(['waiting', 'captured', 'delivering']);
    const completed = complete(sent, 3);
    expect(completed).toEqual({
      ...{ id: 'a', server, target: chatGpt, startedAt: 0, deadline: SIGN_IN_LIFE_MS },
      ...{ phase: 'completed', endedAt: 3 },
    });
  });

  it('is expected in any tab as long as its own is not known, and then in those that it was seen in', () => {
    const inTabs = (...tabIds: number[]): Binding => ({ kind: 'tabs', tabIds });
    const anywhere = start({
      id: 'a',
      server,
      target: chatGpt,
      armed: { ...armed, binding: { kind: 'state' } },
      now: 0,
    });
    const inSeven = rebind(anywhere, inTabs(7));
    expect(inSeven.armed.binding).toEqual(inTabs(7));
    expect(rebind(inSeven, inTabs(8, 7)).armed.binding).toEqual(inTabs(7, 8));
    for (const known of [anywhere, inSeven])
      for (const seen of [{ kind: 'user' }, { kind: 'state' }] as const) expect(rebind(known, seen)).toBe(known);
    expect(rebind(waiting, inTabs(7))).toBe(waiting);
  });

  it('goes by what was learnt of its server, until a delivery fails by it', () => {
    const learnt = { version: '1.18.33', loopback: 'open', terminal: '/api/pty' } as const;
    const learntOf = (signIn: SignIn) => 'armed' in signIn && signIn.armed?.learnt;
    const begun = beginDelivery(capture(learn(waiting, learnt), url, 1), 2);
    expect(learntOf(begun)).toEqual(learnt);
    // What is learnt after the response has left may be of the login that it brought.
    expect(learntOf(learn(noteSent(begun), { ...learnt, isNew: false }))).toEqual(learnt);
    expect(learntOf(fail(begun, { name: 'terminal-unavailable' }, 'send', 3))).toBe(undefined);
    expect(learntOf(fail(noteSent(begun), { name: 'answer-unclear' }, 'ask', 3))).toEqual(learnt);
  });

  it('takes one response only', () => {
    const other = url.replace('secret', 'other') as CallbackUrl;
    for (const signIn of [captured, delivering, complete(sent, 3)]) expect(capture(signIn, other, 2)).toBe(signIn);
  });

  it('that failed before its response was sent can be tried again until its deadline', () => {
    const failed = fail(delivering, { name: 'server-unreachable' }, 'send', 3);
    expect(viewOf(failed).canRetry).toBe(true);
    expect(beginDelivery(failed, 4)).toMatchObject({ phase: 'delivering', sent: false, callbackUrl: url });
    expect(beginDelivery(failed, late)).toMatchObject({ phase: 'failed', failure: { name: 'expired' } });
    expect(holdsSecret(age(failed, late))).toBe(false);
  });

  it('whose outcome the server has told is over', () => {
    const failed = fail(sent, { name: 'refused-at-exchange' }, 'nothing', 3);
    expect(viewOf(failed)).toMatchObject({ canRetry: false, canHandOver: false });
    expect(holdsSecret(failed)).toBe(false);
    expect(beginDelivery(failed, 4)).toBe(failed);
  });

  it('whose outcome is unclear can be asked for, and is never sent again', () => {
    const failed = fail(sent, { name: 'answer-unclear' }, 'ask', 3);
    expect(viewOf(failed)).toMatchObject({ canRetry: true, canHandOver: false });
    expect(beginDelivery(failed, 4)).toMatchObject({ phase: 'delivering', sent: true });
  });

  it('that the user finishes by hand counts as sent', () => {
    const failed = fail(delivering, { name: 'terminal-unavailable' }, 'send', 3);
    expect(viewOf(failed)).toMatchObject({ canRetry: true, canHandOver: true });
    expect(handOver(failed, 4)).toMatchObject({ phase: 'delivering', sent: true, callbackUrl: url });
    expect(handOver(failed, late)).toMatchObject({ phase: 'failed', failure: { name: 'expired' } });
    expect(handOver(waiting, 4)).toBe(waiting);
  });

  it('whose code is pasted can be handed over when it was sent, too: opencode may have refused it in that form', () => {
    const target = { kind: 'provider', id: 'google', label: 'Google', method: 1, takes: 'code' } as const;
    const refused = fail({ ...sent, target }, { name: 'refused-at-exchange' }, 'ask', 3);
    expect(viewOf(refused)).toMatchObject({ canRetry: true, canHandOver: true });
    expect(handOver(refused, 4)).toMatchObject({ phase: 'delivering', sent: true, callbackUrl: url });
    const listening = fail(sent, { name: 'answer-unclear' }, 'ask', 3);
    expect(viewOf(listening)).toMatchObject({ canRetry: true, canHandOver: false });
    expect(handOver(listening, 4)).toBe(listening);
  });

  it('keeps its place when its delivery begins twice', () => {
    expect(beginDelivery(sent, 3)).toBe(sent);
  });

  it('expires, but its late response is still captured to be explained', () => {
    for (const signIn of [capture(waiting, url, late), beginDelivery(captured, late), age(waiting, late)]) {
      expect(signIn).toMatchObject({ phase: 'failed', failure: { name: 'expired' }, armed });
      expect(holdsSecret(signIn)).toBe(false);
    }
    expect(age(age(waiting, late), late + EXPLAIN_LATE_MS)).not.toHaveProperty('armed');
  });

  it('is superseded by a newer one on its server, unless its response is under way', () => {
    for (const signIn of [waiting, captured, delivering, fail(delivering, { name: 'server-unreachable' }, 'send', 3)]) {
      const superseded = supersede(signIn, 4);
      expect(superseded).toMatchObject({ phase: 'failed', failure: { name: 'superseded' }, armed });
      expect(holdsSecret(superseded)).toBe(false);
      expect(capture(superseded, url, 5)).toBe(superseded);
      expect(beginDelivery(superseded, 5)).toBe(superseded);
    }
    expect(noteSent(supersede(delivering, 4))).toMatchObject({ phase: 'failed', failure: { name: 'superseded' } });
    expect(complete(supersede(sent, 4), 5)).toMatchObject({ phase: 'completed' });
    expect(viewOf(fail(supersede(sent, 4), { name: 'nobody-waiting' }, 'send', 5)).canRetry).toBe(false);
    for (const signIn of [complete(sent, 3), supersede(waiting, 3)]) expect(supersede(signIn, 4)).toBe(signIn);
  });

  it('never stays under way for ever', () => {
    const emptied = age(sent, late);
    expect(emptied).toMatchObject({ phase: 'delivering', sent: true });
    expect(holdsSecret(emptied)).toBe(false);
    expect(complete(emptied, late)).toMatchObject({ phase: 'completed' });
    expect(age(delivering, late)).toMatchObject({ phase: 'failed', failure: { name: 'expired' } });
    expect(age(sent, late + EXPLAIN_LATE_MS)).toMatchObject({ phase: 'failed', failure: { name: 'answer-unclear' } });
  });

  it('says when it next ages', () => {
    expect(agesAt(waiting)).toBe(SIGN_IN_LIFE_MS);
    expect(agesAt(sent)).toBe(SIGN_IN_LIFE_MS);
    expect(agesAt(age(sent, late))).toBe(SIGN_IN_LIFE_MS + EXPLAIN_LATE_MS);
    expect(agesAt(complete(sent, 3))).toBeUndefined();
  });

  it('keeps no response that failed after its deadline', () => {
    for (const remains of ['send', 'ask'] as const) {
      const failed = fail(sent, { name: 'answer-unclear' }, remains, late);
      expect(viewOf(failed).canRetry).toBe(false);
      expect(holdsSecret(failed)).toBe(false);
    }
    const failed = fail(sent, { name: 'answer-unclear' }, 'ask', 3);
    expect(age(failed, late)).toMatchObject({ failure: { name: 'answer-unclear' } });
    expect(holdsSecret(age(failed, late))).toBe(false);
  });

  it('is abandoned with its server, wherever it is, and keeps nothing that could be sent', () => {
    for (const signIn of [waiting, captured, delivering, sent, fail(delivering, { name: 'not-opencode' }, 'send', 3)]) {
      const abandoned = abandon(signIn, 'server-removed', 4);
      expect(abandoned).toMatchObject({ phase: 'failed', failure: { name: 'server-removed' } });
      expect(abandoned).not.toHaveProperty('armed');
      expect(holdsSecret(abandoned)).toBe(false);
      expect(noteSent(abandoned)).toBe(abandoned);
    }
    expect(abandon(complete(sent, 3), 'server-removed', 4)).toEqual(complete(sent, 3));
  });

  it('is one of a few: what one server starts beyond that ends, and nothing of another', () => {
    const other = start({
      id: 'other',
      server: ServerUrl.parse('https://two.example.com'),
      target: chatGpt,
      armed,
      now: 0,
    });
    const many = Array.from({ length: 300 }, (_, index) =>
      start({ id: `${index}`, server, target: { ...chatGpt, id: `p${index}` }, armed, now: index + 1 }),
    );
    const limited = limit([other, ...many], 1_000);
    const isArmed = (signIn: SignIn) => 'armed' in signIn && signIn.armed !== undefined;
    expect(limited[0]).toBe(other);
    expect(limited.filter(isArmed)).toHaveLength(1 + 8);
    expect(limited.at(-1)).toBe(many.at(-1));
    expect(limited[1]).toMatchObject({ phase: 'failed', failure: { name: 'superseded' } });

    const superseded = many.map((signIn) => supersede(signIn, 400));
    expect(limit([other, ...superseded], 1_000).filter(isArmed)).toHaveLength(1 + 4);
  });

  it('survives being stored', () => {
    const failed = fail(delivering, { name: 'server-unreachable', detail: 'HTTP 502' }, 'send', 3);
    for (const signIn of [waiting, captured, sent, failed, complete(sent, 3)]) {
      expect(SignIn.parse(JSON.parse(JSON.stringify(signIn)))).toEqual(signIn);
    }
  });

  it('shows pages neither code nor state', () => {
    for (const signIn of [waiting, captured, sent]) {
      const shown = JSON.stringify(viewOf(signIn));
      expect(shown).not.toContain('secret');
      expect(shown).not.toContain('the-state');
    }
  });
});
