import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeSection } from './compat/document';
import { readDocument } from './generatedDocument';
import { type HostileRow, writeHostileTable } from './hostileTable';
import { addToReliability, type Cell } from './reliability';

const project = resolve('.');
const linesOf = (text: string) => text.split('\n').filter((line) => !/^\|( -+ \|)+$/.test(line));

beforeEach(() => process.chdir(mkdtempSync(join(tmpdir(), 'courier-documents-'))));
afterEach(() => {
  const folder = process.cwd();
  process.chdir(project);
  rmSync(folder, { recursive: true });
});

test.each(['chromium', 'firefox'])(
  'the fault matrix of %s is the same in whatever order its rows were written',
  (browser) => {
    const kept = linesOf(readFileSync(`${project}/docs/reliability-${browser}.md`, 'utf8'));
    const rows = kept.filter((line) => /^\| .* \| \d+ \|$/.test(line));
    for (const row of [...rows.toReversed(), ...rows.slice(0, 1)]) {
      const [fault, signIn, stage, saw, afterwards, hits] = row.slice(2, -2).split(' | ');
      addToReliability(browser, { fault, signIn, stage, saw, afterwards, hits: Number(hits) } as Cell);
    }
    expect(linesOf(readDocument(`reliability-${browser}`))).toEqual(kept);
  },
);

test('an attack has a row for each of its parts, and what a server says breaks no cell', () => {
  const attacks = [
    { attack: { tries: 'sends <b> | c', way: 'events' }, tabs: 1, rules: 0, completed: 1, saw: ['x'.repeat(200)] },
    { attack: { tries: 'floods', parts: ['once', 'twice'], way: 'page' }, tabs: 2, rules: 2, completed: 0, saw: ['a'] },
  ] as HostileRow[];
  writeHostileTable('firefox', attacks);
  const text = readDocument('reliability-hostile-firefox');
  expect(text).toContain('3 attacks in one browser');
  expect(text.split('\n').slice(-5)).toEqual([
    '| - | - | - | - | - | - |',
    `| sends &lt;b> \\| c | its MCP events | 1 | 0 | ${'x'.repeat(160)}… | signed in on the good server |`,
    '| once | its page | | | a | |',
    '| twice | its page | | | | |',
    '',
  ]);
});

test('a section is written in place of the earlier one, and leaves the others', () => {
  writeSection('Sign-ins', 'old');
  writeSection('Releases of opencode', 'kept');
  writeSection('Sign-ins', 'new');
  expect(readDocument('compatibility').split('\n').slice(4)).toEqual([
    '## Sign-ins',
    '',
    'new',
    '',
    '## Releases of opencode',
    '',
    'kept',
    '',
  ]);
});
