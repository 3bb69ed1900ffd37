/**
 * Whose code we take: every package of the lock file has a checksum and a licence that we can live with, what ships has one
 * that allows it to ship, and docs/bundle.md names exactly what ships. `npm run write:bundle` writes that document anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

interface Package {
  name: string;
  version: string;
  license: string | undefined;
}

interface LockedPackage extends Package {
  integrity: string | undefined;
  optional: boolean | undefined;
}

/** Licences of code that is copied into the extension: its text travels in THIRD-PARTY-NOTICES.txt. */
const MAY_SHIP = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MPL-2.0'];

/** Licences of tools that only run here. */
const MAY_RUN = [...MAY_SHIP, 'BlueOak-1.0.0', 'BSD', 'CC0-1.0', 'LGPL-3.0-or-later', 'Python-2.0', 'Zlib'];

/** opencode-ai's own programs, one for each platform, have no word about their licence: it is opencode-ai's. */
const STATED_ELSEWHERE: Record<string, string> = { 'opencode-linux-x64': 'MIT', 'opencode-linux-x64-baseline': 'MIT' };

const DOCUMENT = 'docs/bundle.md';

const { values: options } = parseArgs({ options: { write: { type: 'boolean', default: false } } });

const installed = lockedPackages();
const shipped = shippedPackages();
const document = documentOf(shipped);
if (options.write) writeFileSync(DOCUMENT, document);

const problems: string[] = [];
for (const { name, license, integrity, optional } of installed) {
  if (!isAmong(license, MAY_RUN)) problems.push(`${name}: ${license} is not allowed`);
  if (!integrity && !optional) problems.push(`${name}: the lock file has no checksum`);
}
for (const { name, license } of shipped) {
  if (!isAmong(license, MAY_SHIP)) problems.push(`${name}: ${license} may not ship`);
}
if (readFileSync(DOCUMENT, 'utf8') !== document) {
  problems.push(
    `${DOCUMENT} does not name what ships: \`npm run build && npm run write:bundle\`, and read the difference.`,
  );
}

for (const problem of problems) console.error(problem);
// The registry may not have had these when the lock file was written.
const foreign = installed.filter(({ integrity, optional }) => !integrity && optional).map(({ name }) => name);
if (foreign.length > 0) console.log(`No checksum in the lock file, for other platforms: ${foreign.join(', ')}`);
console.log(`licences: ${installed.length} packages, ${shipped.length} of them ship; ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;

/** Every package of the lock file, those for other platforms included. */
function lockedPackages(): LockedPackage[] {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, Omit<LockedPackage, 'name'>>;
  };
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, locked]) => {
      const name = path.split('node_modules/').at(-1) ?? path;
      return { ...locked, name, license: STATED_ELSEWHERE[name] ?? locked.license };
    });
}

/** What the builds say that they contain. */
function shippedPackages(): Package[] {
  const lines = ['chrome', 'firefox'].flatMap((browser) => [
    ...readFileSync(`.output/${browser}-mv3/THIRD-PARTY-NOTICES.txt`, 'utf8').matchAll(
      /^(\S+) (\S+) \((.+)\)\nhttps:/gm,
    ),
  ]);
  const packages = lines.map(([, name = '', version = '', license = '']) => ({ name, version, license }));
  return [...new Map(packages.map((it) => [it.name, it])).values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function documentOf(packages: Package[]): string {
  return `# What ships

Written by \`npm run write:bundle\`, and compared with the builds by \`npm run check:dependencies\`. Besides our own code the
extension contains code of these packages, and of no others; their licences are in \`THIRD-PARTY-NOTICES.txt\` in each package.

${tableOf([['package', 'version', 'licence'], ...packages.map((it) => [it.name, it.version, it.license ?? ''])])}
`;
}

/** A Markdown table with even columns, as the formatter wants it. */
function tableOf(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const [head = '', ...body] = rows.map(
    (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`,
  );
  return [head, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body].join('\n');
}

/** Whether an SPDX expression without nesting is satisfied by the licences of a list. */
function isAmong(expression: string | undefined, allowed: string[]): boolean {
  const flat = (expression ?? '').replace(/^\((.*)\)$/, '$1');
  if (/[()]|AND.*OR|OR.*AND/.test(flat)) return false;
  return flat.split(' OR ').some((choice) => choice.split(' AND ').every((license) => allowed.includes(license)));
}
