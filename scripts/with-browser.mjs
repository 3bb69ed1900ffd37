/**
 * Sets up what an npm script needs, the browser that it is asked for included, and runs it:
 * `node scripts/with-browser.mjs <npm script> [--browser firefox] [option…]`.
 */
import { spawnSync } from 'node:child_process';
import { setUp } from './setup.mjs';

const [script, ...args] = process.argv.slice(2);
const wantsFirefox = args.join(' ').replace('=', ' ').includes('--browser firefox');
setUp(['ip', ...(wantsFirefox ? ['firefox-esr', 'certutil'] : ['chromium'])]);
// Ctrl-C reaches the script by itself, and this process waits for it to clean up.
process.on('SIGINT', () => {});
process.exitCode = spawnSync('npm', ['run', '--silent', script, '--', ...args], { stdio: 'inherit' }).status ?? 1;
