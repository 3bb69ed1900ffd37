import type { TestInfo } from '@playwright/test';
import type { Reporter, Suite, TestCase } from '@playwright/test/reporter';
import { table, writeSection } from './document.ts';

const FORWARDS = 'what the server does with a path that it does not know';

/** Remembers, for the table, what a server was seen to do with a path that it does not know. */
export function noteUnknownPaths(info: TestInfo, end: 'forwards' | 'answers'): void {
  info.annotations.push({ type: FORWARDS, description: end });
}

/** Playwright's reporter for the run against other releases: release × browser × scenario. */
export default class CompatibilityTable implements Reporter {
  private suite: Suite | undefined;

  onBegin(_: unknown, suite: Suite): void {
    this.suite = suite;
  }

  onEnd(): void {
    const tests = this.suite?.allTests() ?? [];
    const scenarios = [...new Set(tests.map(({ title }) => title))];
    const rows = Object.values(Object.groupBy(tests, (test) => `${releaseOf(test)} ${browserOf(test)}`));
    const cells = rows
      .filter((row) => row !== undefined)
      .map((row) => [...described(row), ...scenarios.map((title) => cellOf(row.find((test) => test.title === title)))])
      .sort(([a = ''], [b = '']) => a.localeCompare(b, 'en', { numeric: true }));
    const head = ['opencode', 'its web UI', 'browser', ...scenarios.map((_, index) => String(index + 1))];
    const text = table(head, cells);
    const file = writeSection('Releases of opencode', `${about(scenarios)}\n\n${text}`);
    console.log(`\n${legend(scenarios)}\n\n${text}\n\nWritten to ${file}.`);
  }
}

function about(scenarios: string[]): string {
  return `Written by \`npm run test:compat\` (\`e2e/compat/compat.spec.ts\`), with each release's program as npm has it. Its
scenarios, each against a server of its own:

${legend(scenarios)}

Releases up to 1.3 have no web UI of their own: what they do not know, they forward to \`app.opencode.ai\`, and show its answer.
Where the table says "forwarded", a stand-in for that host did what the web UI of those releases did. After every
scenario, that host had been asked for the files of its web UI and for nothing else: no API, no callback, no code, no
state. A path that no release knows was then asked for, to see that a forwarded request is recorded.`;
}

function legend(scenarios: string[]): string {
  return scenarios.map((title, index) => `${index + 1}. ${title}`).join('\n');
}

function described(row: TestCase[]): string[] {
  const [first] = row;
  const ends = row.flatMap(({ annotations }) => annotations.filter(({ type }) => type === FORWARDS));
  const webUi = { forwards: 'forwarded', answers: 'brought along' }[ends[0]?.description ?? ''] ?? 'unknown';
  return first ? [releaseOf(first), webUi, browserOf(first)] : [];
}

function cellOf(test: TestCase | undefined): string {
  if (!test || test.results.length === 0) return 'not run';
  return test.outcome() === 'expected' ? 'yes' : '**no**';
}

function browserOf(test: TestCase): string {
  return test.titlePath()[1] ?? '';
}

function releaseOf(test: TestCase): string {
  return test.titlePath()[3] ?? '';
}
