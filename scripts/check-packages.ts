/**
 * What `npm run zip` makes can be made again: two runs give the same bytes, and so does a run on nothing but the unpacked
 * sources package, which is how a reviewer at addons.mozilla.org checks the Firefox package.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { unzipSync } from 'fflate';

const { name, version } = JSON.parse(readFileSync('package.json', 'utf8')) as { name: string; version: string };

const released = run('zip', '.', ['chrome', 'firefox', 'sources']);
// In another time zone, for whatever would write down the hour.
const again = run('zip', '.', ['chrome', 'firefox', 'sources'], { TZ: 'Pacific/Kiritimati' });
const rebuilt = run('build-for-amo', unpackSources(), ['firefox', 'sources']);

const problems = [...differences('a second run', again), ...differences('a build from the sources package', rebuilt)];
for (const problem of problems) console.error(problem);
console.log(
  `${released.size} packages: ${problems.length > 0 ? 'not reproducible' : 'every build makes the same bytes'}`,
);
process.exitCode = problems.length > 0 ? 1 : 0;

/** Runs an npm script in a folder; answers the packages that it left in `.output`, by file name. */
function run(script: string, cwd: string, kinds: string[], env: NodeJS.ProcessEnv = {}): Map<string, Buffer> {
  execFileSync('npm', ['run', '--silent', script], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const files = kinds.map((kind) => `${name}-${version}-${kind}.zip`);
  return new Map(files.map((file) => [file, readFileSync(join(cwd, '.output', file))]));
}

/** Unpacks the sources into a new folder, with the packages of this one: `npm ci` would install the same. */
function unpackSources(): string {
  const folder = mkdtempSync(join(tmpdir(), `${name}-sources-`));
  process.on('exit', () => rmSync(folder, { recursive: true }));
  for (const [path, content] of Object.entries(unzipSync(readFileSync(`.output/${name}-${version}-sources.zip`)))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** A sentence for every package that is not the released one: which files differ in it. */
function differences(what: string, packages: Map<string, Buffer>): string[] {
  return [...packages].flatMap(([file, bytes]) => {
    const original = released.get(file);
    if (original?.equals(bytes)) return [];
    const [before, after] = [original ? unzipSync(original) : {}, unzipSync(bytes)];
    const paths = Object.keys({ ...before, ...after }).filter((path) => !isDeepStrictEqual(before[path], after[path]));
    return [`${what} makes another ${file}: ${paths.join(', ') || 'the same files, otherwise packed'}`];
  });
}
