/**
 * Installs what is missing: `node scripts/setup.mjs [program…]`. The packages always; of the programs those that are
 * named, from Debian's packages where this is Debian and we are root. Runs before anything is installed, on the oldest Node that package.json allows.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The Debian packages of those programs that are not named as theirs. */
const packageOf = { certutil: 'libnss3-tools', Xvfb: 'xvfb', ip: 'iproute2', ps: 'procps' };

/** Installs the packages, and those of the named programs that are missing. Ends the process when that cannot be done. */
export function setUp(names) {
  installPackages();
  installPrograms(names.filter((program) => !isInstalled(program)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp(process.argv.slice(2));

function installPackages() {
  const installed = 'node_modules/.package-lock.json';
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync('package-lock.json').mtimeMs) return;
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

function installPrograms(missing) {
  if (missing.length === 0) return;
  const packages = missing.map((program) => packageOf[program] ?? program);
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) {
    if (process.platform !== 'linux') return; // macOS and Windows: the scripts find an installed browser themselves.
    fail(
      `Please install ${packages.join(', ')} (for example: sudo apt-get install ${packages.join(' ')}), then try again.`,
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], env);
  // Debian starts a server when it installs it, unless this file says no (policy-rc.d, exit status 101).
  const policy = '/usr/sbin/policy-rc.d';
  const forbidden = !existsSync(policy);
  if (forbidden) {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    process.on('exit', () => rmSync(policy, { force: true }));
  }
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], env);
}

function isInstalled(program) {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(`${folder}/${program}`));
}

/** Its output goes to standard error: standard output belongs to the command that this one prepares. */
function run(program, args, env = process.env) {
  try {
    execFileSync(program, args, { stdio: ['ignore', 2, 2], env });
  } catch {
    fail(`"${program} ${args.join(' ')}" failed; see above.`);
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
