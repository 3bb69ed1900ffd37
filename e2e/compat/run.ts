/**
 * The main scenarios against other releases of opencode: `npm run test:compat -- --opencode <version>…`.
 * Downloads what is missing, here, because the user's namespace has no way to the internet. UPDATE_DOCS=1 writes the
 * table to docs/compatibility.md.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { defaultReleases, fetchRelease } from './releases.ts';

const { values, positionals } = parseArgs({
  options: {
    opencode: { type: 'string', multiple: true, default: [] },
    browser: { type: 'string', multiple: true, default: ['chromium', 'firefox'] },
  },
  // `--opencode 1.2.27 1.3.2` names two.
  allowPositionals: true,
});
const named = [...values.opencode, ...positionals];
const releases = named.length > 0 ? named : defaultReleases;
for (const release of releases) {
  if (!/^\d+\.\d+\.\d+$/.test(release)) throw new Error(`--opencode wants a release such as 1.2.27, not "${release}"`);
  fetchRelease(release);
}

const playwright = ['playwright', 'test', '-c', 'e2e/compat/playwright.config.ts'];
const projects = values.browser.map((browser) => `--project=${browser}`);
const { status } = spawnSync('node', ['e2e/in-user-namespace.ts', ...playwright, ...projects], {
  stdio: 'inherit',
  env: { ...process.env, COMPAT_RELEASES: releases.join(',') },
});
process.exitCode = status ?? 1;
