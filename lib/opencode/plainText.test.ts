import { expect, test } from 'vitest';
import { plainText } from './plainText';

test.each([
  ['GitLab Duo', 'GitLab Duo'],
  ['  two\nlines\t and  spaces ', 'two lines and spaces'],
  ['safe\u202Egpj.exe', 'safe gpj.exe'],
  ['zero\u200Bwidth\uFEFF', 'zero width'],
  ['<b>markup</b> & more', '<b>markup</b> & more'],
  ['日本語', '日本語'],
])('%j is shown as %j', (given, shown) => {
  expect(plainText(given, 40)).toBe(shown);
});

test('what is too long is cut, between characters', () => {
  expect(plainText('a'.repeat(10_000), 10)).toBe(`${'a'.repeat(9)}…`);
  expect([...plainText('😀'.repeat(100), 10)]).toHaveLength(10);
});
