/**
 * What `npm run zip` makes can be made again: two runs give the same bytes, and so does a run on nothing but the unpacked
 * sources package, which is how a reviewer at addons.mozilla.org checks the Firefox package. With `--install` that run begins
 * as BUILD.md does, by fetching what it needs and nothing more; without, it takes the packages of this folder.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { unzipSync } from 'fflate';
import { unpackPackage } from './unpackPackage.ts';

const { name, version } = JSON.parse(readFileSync('package.json', 'utf8')) as { name: string; version: string };

const released = run('zip', '.', ['chrome', 'firefox', 'sources']);
// In another time zone, for whatever would write down the hour.
const again = run('zip', '.', ['chrome', 'firefox', 'sources'], { TZ: 'Pacific/Kiritimati' });
const rebuilt = run('build-for-amo', unpackSources(), ['firefox', 'sources']);

const problems = [...differences('a second run', again), ...differences('a build from the sources package', rebuilt)];
for (const problem of problems) console.error(problem);
for (const [file, bytes] of released) console.log(`${createHash('sha256').update(bytes).digest('hex')}  ${file}`);
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

/** Unpacks the sources into a new folder, with the packages that the build needs. */
function unpackSources(): string {
  const folder = mkdtempSync(join(tmpdir(), `${name}-sources-`));
  process.on('exit', () => rmSync(folder, { recursive: true }));
  unpackPackage(`.output/${name}-${version}-sources.zip`, folder);
  if (process.argv.includes('--install')) {
    const install = ['ci', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error'];
    execFileSync('npm', install, { cwd: folder, stdio: ['ignore', 2, 2] });
  } else {
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  }
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
