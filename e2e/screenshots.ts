/**
 * Writes a picture of every state of the extension's pages in both themes, and those that the README and the stores show:
 * `npm run screenshots [-- <part of a name>]`.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { extensionFolder, launch } from './launch.ts';
import { createStage, reset, type Scene, type State } from './states/scene.ts';
import { fileNameOf, states } from './states/states.ts';
import { createWorld } from './world/world.ts';

const FOLDER = 'docs/screenshots';
/** Of every state; not kept with the code. */
const ALL = `${FOLDER}/all`;
const POPUP_WIDTH = 376;
const TAB = { width: 1280, height: 800 };

const posterStyle = `
  body { margin: 0; font-family: system-ui, sans-serif; color: #10302d; background: linear-gradient(135deg, #f3faf8, #cfe9e4); }
  main { box-sizing: border-box; height: 100vh; display: flex; align-items: center; justify-content: center; }
  h1 { margin: 0; text-wrap: balance; }
  .beside { gap: 72px; padding: 0 80px; }
  .beside h1 { flex: 1; font-size: 46px; line-height: 1.2; letter-spacing: -0.01em; }
  .beside img { border-radius: 16px; box-shadow: 0 24px 60px #0f766e38; }
  .tile { flex-direction: column; gap: 10px; padding: 24px; text-align: center; }
  .tile h1 { font-size: 32px; }
  .tile p { margin: 0; font-size: 18px; text-wrap: balance; }
  .tile small { font-size: 12px; }
`;

const wanted = process.argv[2] ?? '';
mkdirSync(ALL, { recursive: true });
mkdirSync(`${FOLDER}/store`, { recursive: true });

const world = await createWorld();
const browser = await launch('chromium', world, extensionFolder('chromium'), { scale: 2 });
const tab = await browser.newTab();
const { page } = tab;
const scene: Scene = { ...(await createStage(world, browser)), tab };

try {
  for (const state of states.filter((state) => fileNameOf(state).includes(wanted))) {
    await inState(state, async () => {
      for (const theme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: theme });
        if (state.page === 'popup') await photographPopup(`${ALL}/${fileNameOf(state)}-${theme}.png`);
        await page.setViewportSize(TAB);
        await page.screenshot({ path: `${ALL}/${fileNameOf(state)}-tab-${theme}.png`, scale: 'css' });
      }
    });
    console.log(fileNameOf(state));
  }

  if (!wanted) {
    await page.emulateMedia({ colorScheme: 'light' });
    // For the README, and as parts of the stores' pictures.
    const popup = await picture('popup-recent-sign-ins', () => photographPopup(`${ALL}/popup.png`));
    const completed = await picture('callback-completed', () => photographCard(`${ALL}/completed.png`));
    const failed = await picture('callback-failed-server-unreachable', () => photographCard(`${FOLDER}/failed.png`));
    await picture('welcome-done', () => page.locator('.begin').screenshot({ path: `${FOLDER}/added.png` }));
    await picture('welcome-empty', () => page.screenshot({ path: `${FOLDER}/store/1-welcome.png`, scale: 'css' }));
    const text = await texts(['extension_name', 'welcome_title', 'popup_notAffiliated']);
    const [, , ofPopup = '', ofCompleted = '', ofFailure = ''] = captions();

    const poster = await browser.context.newPage();
    await compose(poster, '2-popup', TAB, sentenceBeside(ofPopup, popup, 400));
    await compose(poster, '3-completed', TAB, sentenceBeside(ofCompleted, completed, 620));
    await compose(poster, '4-failure', TAB, sentenceBeside(ofFailure, failed, 620));
    const icon = `data:image/svg+xml;base64,${readFileSync('assets/icon.svg').toString('base64')}`;
    const tile = `<main class="tile"><img src="${icon}" width="88"><h1>${text.extension_name}</h1><p>${text.welcome_title}</p><small>${text.popup_notAffiliated}<br>ChatGPT is a trademark of OpenAI.</small></main>`;
    await compose(poster, 'promo-440x280', { width: 440, height: 280 }, tile);
  }
} finally {
  await browser.close();
  await world.close();
}

async function inState(state: State, action: () => Promise<unknown>): Promise<void> {
  await reset(scene);
  await state.enter(scene);
  await action();
  await state.leave?.(scene);
}

/** Takes a picture in a state; answers it as a data URL. */
async function picture(name: string, take: () => Promise<Buffer>): Promise<string> {
  const state = states.find((state) => fileNameOf(state) === name);
  if (!state) throw new Error(`there is no state ${name}`);
  let taken = '';
  await inState(state, async () => {
    taken = `data:image/png;base64,${(await take()).toString('base64')}`;
  });
  return taken;
}

/** The popup as large as a browser makes it. */
async function photographPopup(path: string): Promise<Buffer> {
  // What comes into sight may be higher than was estimated for it.
  for (let height = 0, seen = 600; height !== seen; ) {
    height = seen;
    await page.setViewportSize({ width: POPUP_WIDTH, height });
    seen = await page.evaluate(() => document.body.offsetHeight);
  }
  return page.screenshot({ path });
}

function photographCard(path: string): Promise<Buffer> {
  return page.locator('main').screenshot({ path, omitBackground: true });
}

/** Texts of the extension in the browser's language. */
function texts<K extends string>(keys: K[]): Promise<Record<K, string>> {
  return browser.background(
    ({ i18n }, wantedKeys) => Object.fromEntries(wantedKeys.map((key) => [key, i18n.getMessage(key)])),
    keys,
  ) as Promise<Record<K, string>>;
}

/** What the stores are told of each picture, by its number. */
function captions(): string[] {
  const [, pictures = ''] = readFileSync('docs/store/en.md', 'utf8').split('## Pictures');
  return pictures.split(/^\d\. /m).map((caption) => caption.trim());
}

function sentenceBeside(sentence: string, image: string, width: number): string {
  return `<main class="beside"><h1>${sentence}</h1><img src="${image}" width="${width}"></main>`;
}

async function compose(
  poster: Page,
  name: string,
  size: { width: number; height: number },
  html: string,
): Promise<void> {
  await poster.setViewportSize(size);
  await poster.setContent(`<!doctype html><style>${posterStyle}</style>${html}`);
  await poster.screenshot({ path: `${FOLDER}/store/${name}.png`, scale: 'css' });
}
