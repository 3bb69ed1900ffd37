/**
 * The main job from end to end, as a user sees it, with everything on this machine: the extension in a real browser,
 * the real opencode behind a TLS reverse proxy, and a stand-in for auth.openai.com.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { extensionFolder, launch, wxtNames } from './launch.ts';
import { allow } from './pages/authorize.ts';
import { addServer, openPopup, waitForPhase } from './pages/extension.ts';
import { connectChatGpt, followLink, openOpencode, openProviders, waitUntilConnected } from './pages/opencode.ts';
import { createWorld } from './world/world.ts';

const RESULTS = 'demo-results';
const PASSWORD = 'correct-horse-battery-staple';

const { values: options } = parseArgs({
  options: {
    browser: { type: 'string', default: 'chromium' },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    opencode: { type: 'string' },
  },
});

if (options.browser !== 'chromium' && options.browser !== 'firefox') {
  console.error(`--browser is chromium or firefox, not "${options.browser}"`);
  process.exit(2);
}
const driver = options.browser;

const steps: { name: string; ms: number }[] = [];
const cleanUps: (() => Promise<void>)[] = [];
// A Ctrl-C may arrive more than once, from the terminal and from the process that started this one.
const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
});
const result = { ok: false, connected: [] as string[], opencodeVersion: '', steps };

const ending = await Promise.race([
  demo().then(
    () => undefined,
    (error: Error) => error,
  ),
  interrupted.then(() => new Error('interrupted')),
]);
for (const cleanUp of cleanUps.reverse()) await cleanUp().catch(() => {});
const error = ending && (steps.length > 0 ? `after "${steps.at(-1)?.name}": ${ending.message}` : ending.message);
if (error) console.error(`\nThe demo failed ${error}`);
if (options.json) console.log(JSON.stringify(error ? { ...result, ok: false, error } : { ...result, ok: true }));
process.exit(error ? 1 : 0);

async function demo(): Promise<void> {
  mkdirSync(RESULTS, { recursive: true });
  await step('extension built', async () => {
    execFileSync('wxt', ['build', '--browser', wxtNames[driver], '--mode', 'e2e'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  });
  const world = await createWorld();
  cleanUps.push(world.close);
  const server = await step('opencode, reverse proxy and stand-in started', () =>
    world.addServer('opencode.example.com', { password: PASSWORD, binary: options.opencode }),
  );
  result.opencodeVersion = server.opencode.version;

  const browser = await step('browser opened with the extension', () =>
    launch(driver, world, extensionFolder(driver), {
      headless: !process.env.DISPLAY && process.platform === 'linux',
    }),
  );
  cleanUps.push(browser.close);

  const opencode = await step('opencode opened in a tab', () => openOpencode(browser, server));
  const popup = await step('extension popup opened', () => openPopup(browser));
  const status = await step('server added in the popup', () => addServer(popup, server.url));
  if (!status.startsWith('Found opencode')) throw new Error(status);
  await popup.resize(400, 340);
  await popup.screenshot(`${RESULTS}/popup.png`);

  await step('sign-in started in opencode: Settings, Providers, OpenAI', () => connectChatGpt(opencode));
  const tab = await step('link followed to the provider', () => followLink(browser, opencode));
  await step('logged in at the provider', () => tab.click(allow));
  await step('response captured and delivered', () => waitForPhase(tab, 'completed'));
  await tab.resize(720, 420);
  await tab.screenshot(`${RESULTS}/callback.png`);
  await opencode.bringToFront();
  await step("opencode's own dialog turned to connected", () => waitUntilConnected(opencode));
  await openProviders(opencode);
  await opencode.waitFor({ role: 'button', name: 'Disconnect' });
  await opencode.screenshot(`${RESULTS}/connected.png`);

  const providers = (await (await server.opencode.fetch('/provider')).json()) as { connected: string[] };
  result.connected = providers.connected;
  if (!providers.connected.includes('openai')) throw new Error('opencode does not list OpenAI as connected');
  console.log(`\nopencode ${result.opencodeVersion} is signed in to ChatGPT. Screenshots: ${RESULTS}/`);

  if (options.keep) {
    console.log(`Left open: ${server.url} (password ${PASSWORD}). Ctrl-C ends everything.`);
    await interrupted;
  }
}

/** Does one step, and prints it with the time it took. */
async function step<T>(name: string, action: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const value = await action();
  const ms = Math.round(performance.now() - start);
  steps.push({ name, ms });
  console.log(`${String(ms).padStart(7)} ms  ${name}`);
  return value;
}
