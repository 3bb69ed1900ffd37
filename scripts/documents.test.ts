import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseYAML } from 'confbox';
import GitHubSlugger from 'github-slugger';
import { parser } from 'keep-a-changelog';
import { describe, expect, test } from 'vitest';
import { failureNames } from '../lib/opencode/failure.ts';

const { version, scripts, engines } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  version: string;
  scripts: Record<string, string>;
  engines: { node: string };
};
/** What the table of CONTRIBUTING.md says of each npm script: what runs it. */
const runBy = new Map(
  [...readFileSync('CONTRIBUTING.md', 'utf8').matchAll(/^\| (`npm .*?) +\| .* \| (.*?) +\|$/gm)].flatMap(
    ([, commands = '', where = '']) => scriptsIn(commands).map((name) => [name, where] as const),
  ),
);
const documents = globSync(['*.md', 'docs/**/*.md', '.github/**/*.{md,yml}']);

describe.each(documents)('%s', (file) => {
  const text = readFileSync(file, 'utf8');

  test('names only npm scripts that exist, and that the table of CONTRIBUTING.md has', () => {
    for (const name of scriptsIn(text)) {
      expect(scripts).toHaveProperty([name]);
      expect([...runBy.keys()]).toContain(name);
    }
  });

  test('links only to files and headings that exist', () => {
    for (const [, path = '', anchor] of text.matchAll(
      /(?:\]\(|(?:src|href)=")(?![a-z]+:)([^)#"\s]*)(?:#([^)"]*))?[)"]/g,
    )) {
      const target = path === '' ? file : join(dirname(file), path);
      expect(existsSync(target), target).toBe(true);
      if (anchor !== undefined) expect(anchorsIn(readFileSync(target, 'utf8')), target).toContain(anchor);
    }
  });

  test('asks for the one version of Node that package.json, the workflows and the other documents ask for', () => {
    const named = text.matchAll(/(?:\bNode |node-version: "?|image: node:)(\d[\d.]*)/g);
    for (const [, version] of named) expect(engines.node).toBe(`>=${version}`);
  });
});

test('the table of CONTRIBUTING.md says which commands are run with every change, and which every day', () => {
  const [daily, others] = [true, false].map((isDaily) => {
    const files = globSync(['.ci/run', '.github/workflows/*.yml']).filter((file) => file.includes('daily') === isDaily);
    return new Set(files.flatMap((file) => scriptsRunBy(file)));
  });
  for (const [name, where] of runBy) {
    const found = others?.has(name) ? 'every change' : daily?.has(name) ? 'every day' : 'hand';
    expect({ name, where }).toEqual({ name, where: found });
  }
});

test('docs/troubleshooting.md has a heading for everything that a page links to, in the words that the user reads', () => {
  const { failure, callback } = parseYAML<{
    failure: Record<string, { title: string }>;
    callback: { unknown: string; arrivedUnclaimed: string };
  }>(readFileSync('locales/en.yml', 'utf8'));
  const shown = Object.entries(failure).map(([name, { title }]) => [name.replaceAll('_', '-'), title] as const);
  const linked = readFileSync('docs/troubleshooting.md', 'utf8').matchAll(/^<a id="(.*)"><\/a>\n\n### (.*)$/gm);
  expect(Object.fromEntries([...linked].map(([, anchor, heading]) => [anchor, heading]))).toEqual(
    Object.fromEntries(
      [...shown, ['unknown', callback.unknown] as const, ['unclaimed', callback.arrivedUnclaimed] as const].map(
        ([name, title]) => [name, title.replaceAll('$1', 'opencode.example.com').replaceAll('$2', 'ChatGPT')],
      ),
    ),
  );
  expect(shown.map(([name]) => name).sort()).toEqual([...failureNames].sort());
});

test.each(globSync('.github/ISSUE_TEMPLATE/*.yml'))('%s is a form that asks for something', (file) => {
  const form = parseYAML<{ name: string; description: string; body: unknown[] }>(readFileSync(file, 'utf8'));
  expect(form).toEqual({ name: expect.any(String), description: expect.any(String), body: expect.any(Array) });
});

test('the changelog can be read by what makes the notes of a release of it: what is not released, then this version', () => {
  const { releases } = parser(readFileSync('CHANGELOG.md', 'utf8'));
  expect(releases.map(({ date }) => date !== undefined)).toEqual(releases.map((_, index) => index > 0));
  expect(releases[1]?.version).toBe(version);
});

/** The npm scripts that a text names. */
function scriptsIn(text: string): string[] {
  const named = text.matchAll(/\bnpm (?:run (?:--silent )?([a-z][\w:-]*)|(test)\b)/g);
  return [...named].map(([, script, own]) => script ?? own ?? '');
}

/** The npm scripts that a file of commands runs, and those that these run; `check:packages` runs two by itself. */
function scriptsRunBy(file: string): string[] {
  const follow = (text: string): string[] => scriptsIn(text).flatMap((name) => [name, ...follow(scripts[name] ?? '')]);
  return [...follow(readFileSync(file, 'utf8')), 'zip', 'build-for-amo'];
}

function anchorsIn(markdown: string): string[] {
  const slugger = new GitHubSlugger();
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => slugger.slug(heading));
}
