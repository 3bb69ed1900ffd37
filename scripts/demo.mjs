/** Sets up what the demo needs, the browser that it is asked for included, and runs it: see e2e/demo.ts. */
import { spawnSync } from 'node:child_process';
import { setUp } from './setup.mjs';

const args = process.argv.slice(2);
const wantsFirefox = args.join(' ').replace('=', ' ').includes('--browser firefox');
setUp(['ip', ...(wantsFirefox ? ['firefox-esr', 'certutil'] : ['chromium'])]);
// Ctrl-C reaches the demo by itself, and this process waits for it to clean up.
process.on('SIGINT', () => {});
process.exitCode = spawnSync('npm', ['run', '--silent', 'demo:run', '--', ...args], { stdio: 'inherit' }).status ?? 1;
