import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ApiAnswer, Channel } from './channel';
import { note, traced } from './trace';

const answers: ApiAnswer[] = [
  { kind: 'answered', status: 200, contentType: 'text/html', basicChallenge: true, text: 'secret-of-the-answer' },
  { kind: 'redirected' },
  { kind: 'failed', reason: 'timeout' },
];

test('of a request only its method, the first word of its path and its end are written down', async () => {
  const trace: string[] = [];
  let count = 0;
  const channel: Channel = {
    kind: 'background',
    send: async () => answers[count++ % answers.length] as ApiAnswer,
  };
  const { send } = traced(channel, trace);
  for (const path of [
    '/provider/secret-name/oauth/callback',
    '/?code=secret&state=secret',
    '/auth/callback?code=secret',
  ]) {
    await send({ method: 'POST', path, directory: '/secret', body: { code: 'secret' } });
  }
  expect(trace.map((line) => line.replace(/^\d{13} /, ''))).toEqual([
    'background POST provider 200',
    'background POST  redirected',
    'background POST auth timeout',
  ]);
});

test('what is asked again and again is written down once, and a server does not make it longer than sixty lines', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b'), { maxLength: 300 }), (events) => {
      const trace: string[] = [];
      for (const event of events) note(trace, event);
      expect(trace.length).toBeLessThanOrEqual(60);
      const names = trace.map((line) => line.slice(14));
      expect(names.every((name, index) => name !== names[index - 1])).toBe(true);
    }),
  );
});
