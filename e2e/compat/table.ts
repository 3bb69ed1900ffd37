import type { TestInfo } from '@playwright/test';
import type { Reporter, Suite, TestCase } from '@playwright/test/reporter';
import { table } from '../generatedDocument.ts';
import { writeSection } from './document.ts';

const WEB_UI = 'web UI';
const WAY = 'way';

/** Remembers, for the table, whose web UI a server shows. */
export function noteWebUi(info: TestInfo, whose: 'its own' | 'a stand-in'): void {
  info.annotations.push({ type: WEB_UI, description: whose });
}

/** Remembers, for the table, which way a response took to the server. */
export function noteWay(info: TestInfo, way: Way): void {
  info.annotations.push({ type: WAY, description: way });
}

/** By the server's own MCP client, or by a process that the server starts. */
export type Way = 'loopback' | 'terminal';

/** Playwright's reporter for the run against other releases: release × browser × scenario. */
export default class CompatibilityTable implements Reporter {
  private suite: Suite | undefined;

  onBegin(_: unknown, suite: Suite): void {
    this.suite = suite;
  }

  onEnd(): void {
    const tests = this.suite?.allTests() ?? [];
    const scenarios = [...new Set(tests.map(({ title }) => title))];
    const groups = Object.entries(Object.groupBy(tests, (test) => `${releaseOf(test)} ${browserOf(test)}`));
    const rows = groups
      .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
      .map(([, group = []]) => rowOf(group, scenarios));
    const head = ['opencode', WEB_UI, WAY, 'browser', ...scenarios.map((_, index) => String(index + 1))];
    const text = table(head, rows);
    const file = writeSection('Releases of opencode', `${about(scenarios)}\n\n${text}`);
    console.log(`\n${legend(scenarios)}\n\n${text}\n\nWritten to ${file}.`);
  }
}

function about(scenarios: string[]): string {
  return `Written by \`npm run test:compat\` (\`e2e/compat/compat.spec.ts\`), with each release's program as npm has it. Its
scenarios, each against a server of its own:

${legend(scenarios)}

Releases up to 1.3 have no web UI of their own: whatever path they do not know, they forward to \`app.opencode.ai\`, and show
the answer. There a stand-in for that host does what the web UI of those releases did. A server that cannot reach the host
shows no web UI; scenario 2 needs none. "Not seen" in that column says that the run did not note which of the two it was;
it says nothing about the scenarios.

At the end of each scenario, that host had been asked for the files of its web UI and for nothing else: no API, no
callback, no code, no state. A path that no release knows was then asked for, to see that what is forwarded is recorded.

MCP servers' logins are started by the request that 1.18.33's web UI sends, from a page of the server: opencode opens their URL
itself, and no page is told it.

The way is how the response got to opencode's listener: by the server's own MCP client (loopback), or by a process that the
server starts (terminal). The MCP client of releases up to 1.3 repeats a request that was refused, and would end a newer
sign-in with it; that of 1.14 and 1.15 writes the URL into its log: there \`/mcp\` was asked for nothing.

All other tests run with 1.18.33, the newest that npm has as \`opencode-ai\`. Of 1.18.34 it has the programs for each platform only
(30 November 2026).`;
}

function legend(scenarios: string[]): string {
  return scenarios.map((title, index) => `${index + 1}. ${title}`).join('\n');
}

/** The row of one release in one browser. */
function rowOf(tests: TestCase[], scenarios: string[]): string[] {
  const [first] = tests;
  const noted = (kind: string) => {
    const all = tests.flatMap(({ annotations }) => annotations).filter(({ type }) => type === kind);
    return [...new Set(all.map(({ description }) => description))].join(', ') || 'not seen';
  };
  const cells = scenarios.map((title) => cellOf(tests.find((test) => test.title === title)));
  return first ? [releaseOf(first), noted(WEB_UI), noted(WAY), browserOf(first), ...cells] : [];
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
