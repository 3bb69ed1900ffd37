/** Other releases of opencode than the pinned one, from npm. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** What is tested when no release is named: the way from 1.1 to the pinned one, with each change that mattered. */
export const defaultReleases = [
  '1.1.31',
  '1.2.1',
  '1.2.27',
  // The last that forwards unknown paths to a third party, and the first that does not.
  '1.3.2',
  '1.14.34',
  '1.15.13',
  // The last measured without `/api/pty`, and the first with it.
  '1.17.0',
  '1.17.18',
  '1.18.33',
  // The newest: npm has its programs, and not yet the `opencode-ai` that brings them.
  '1.18.34',
];

/** The program of a release, below `.cache`. */
export function programOf(release: string): string {
  return resolve(folderOf(release), 'node_modules', platformPackage, 'bin', `opencode${isWindows ? '.exe' : ''}`);
}

/**
 * Downloads a release, unless it is there. `opencode-ai` holds a launcher only and brings the program as an optional
 * package for each platform; that one is taken by itself, so no install script has to run.
 */
export function fetchRelease(release: string): void {
  if (existsSync(programOf(release))) return;
  const args = ['install', '--prefix', folderOf(release), '--no-audit', '--no-fund', '--ignore-scripts'];
  execFileSync('npm', [...args, `${platformPackage}@${release}`], { stdio: ['ignore', 2, 2], shell: isWindows });
}

/**
 * Whether a release's MCP client may not be told of a code: it asks again, and again, where it was refused (up to 1.3), or writes
 * URLs into its log (1.14 and 1.15; measured).
 */
export function isUnsafeWithCodes(release: string): boolean {
  return /^1\.(\d|1[0-6])\./.test(release);
}

const isWindows = process.platform === 'win32';
const platformPackage = `opencode-${isWindows ? 'windows' : process.platform}-${process.arch}`;

function folderOf(release: string): string {
  return resolve('.cache/opencode', release);
}
