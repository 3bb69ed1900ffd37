import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseYAML } from 'confbox';
import { describe, expect, test } from 'vitest';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

describe.each(globSync(['*.md', 'docs/**/*.md', '.github/**/*.{md,yml}']))('%s', (file) => {
  const text = readFileSync(file, 'utf8');

  test('names only npm scripts that exist', () => {
    for (const [, name = ''] of text.matchAll(/\bnpm run (?:--silent )?([a-z][\w:-]*)/g)) {
      expect(scripts).toHaveProperty([name]);
    }
  });

  test('links only to files that exist', () => {
    for (const [, target = ''] of text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)) {
      expect(existsSync(join(dirname(file), target)), target).toBe(true);
    }
  });
});

test.each(globSync('.github/ISSUE_TEMPLATE/*.yml'))('%s is a form that asks for something', (file) => {
  const form = parseYAML<{ name: string; description: string; body: unknown[] }>(readFileSync(file, 'utf8'));
  expect(form).toEqual({ name: expect.any(String), description: expect.any(String), body: expect.any(Array) });
});
