/**
 * Whose code we take: every package of the lock file has a checksum and a licence that we can live with, what ships has one
 * that allows it to ship, and docs/bundle.md names exactly what ships. `npm run write:bundle` writes that document anew.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { markdownTable } from 'markdown-table';

interface LockedPackage {
  license?: string;
  integrity?: string;
  optional?: boolean;
}

/** Licences of code that is copied into the extension: their texts travel in `licences/`. */
const MAY_SHIP = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MPL-2.0'];

/** Licences of tools that only run here. */
const MAY_RUN = [...MAY_SHIP, 'BlueOak-1.0.0', 'BSD', 'CC0-1.0', 'LGPL-3.0-or-later', 'Python-2.0', 'Zlib'];

/**
 * Packages without a word about their licence: opencode's own, such as a program for each platform, have opencode-ai's, and
 * OpenAuth's is MIT. None of them ships.
 */
const STATED_ELSEWHERE =
  /^node_modules\/(opencode-linux-x64(-baseline)?|@opencode-ai\/(plugin|sdk)|@openauthjs\/openauth)$/;

const DOCUMENT = 'docs/bundle.md';

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, LockedPackage> };
const { '': _ours, ...locked } = lock.packages;
const shipped = shippedPackages();
const document = `# What ships

Written by \`npm run write:bundle\`, and compared with the builds by \`npm run check:dependencies\`. Besides our own code, and
helper functions of the bundler's, the extension contains code of these packages and of no others. Their licences are in the
folder \`licences\` of each package.

${markdownTable([['package', 'version', 'licence'], ...shipped])}
`;
if (process.argv.includes('--write')) writeFileSync(DOCUMENT, document);

const problems: string[] = [];
for (const [path, { license, integrity, optional }] of Object.entries(locked)) {
  const isAllowed = STATED_ELSEWHERE.test(path) || isAmong(license, MAY_RUN);
  if (!isAllowed) problems.push(`${path}: ${license} is not allowed`);
  // The registry may not have had the packages for other platforms when the lock file was written.
  if (!integrity && !optional) problems.push(`${path}: the lock file has no checksum`);
}
for (const [name, , license] of shipped) {
  if (!isAmong(license, MAY_SHIP)) problems.push(`${name}: ${license} may not ship`);
}
if (readFileSync(DOCUMENT, 'utf8') !== document) {
  problems.push(
    `${DOCUMENT} does not say what ships: \`npm run build && npm run write:bundle\`, and read the difference.`,
  );
}

for (const problem of problems) console.error(problem);
console.log(`${Object.keys(locked).length} packages, ${shipped.length} of them ship; ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;

/** Name, version and licence of every package of which the builds say that they contain code. */
function shippedPackages(): string[][] {
  const texts = globSync('.output/{chrome,firefox}-mv3/licences/*.md').map((file) => readFileSync(file, 'utf8'));
  const headings = texts.flatMap((text) => text.match(/^## \S+ - \S+ \(.+\)$/gm) ?? []);
  return [...new Set(headings)].sort().map((heading) => heading.slice('## '.length, -1).split(/ - | \(/));
}

/** Whether an SPDX expression without nesting is satisfied by the licences of a list. */
function isAmong(expression: string | undefined, allowed: string[]): boolean {
  const flat = (expression ?? '').replace(/^\((.*)\)$/, '$1');
  if (/[()]|AND.*OR|OR.*AND/.test(flat)) return false;
  return flat.split(' OR ').some((choice) => choice.split(' AND ').every((license) => allowed.includes(license)));
}
