/**
 * Writes the animated picture of the README: a sign-in from the popup until opencode is connected. The pages are real, and
 * photographed while it happens; the browser's window around them, the pointer and the sentences are drawn. Run by
 * `npm run animation`.
 */
import { readFileSync, statSync } from 'node:fs';
import sharp from 'sharp';
import type { ChromiumTab } from './drivers/chromium.ts';
import { extensionFolder, launch } from './launch.ts';
import { allow } from './pages/authorize.ts';
import { waitForPhase } from './pages/extension.ts';
import { connectChatGpt, openOpencode, waitUntilConnected } from './pages/opencode.ts';
import { createWorld } from './world/world.ts';

const FILE = 'docs/screenshots/sign-in.gif';
const MOST_BYTES = 1_000_000;
const SCALE = 1.5;
const PAGE = { width: 960, height: 480 };
const WINDOW = { width: 1000, height: 640 };
const POPUP_WIDTH = 376;

const style = `
  * { box-sizing: border-box; }
  body { margin: 0; padding: 16px 20px; height: 100vh; font: 15px system-ui, sans-serif; color: #10302d; background: #dff1ee; }
  main { width: ${PAGE.width}px; border-radius: 10px; overflow: hidden; background: #fff; border: 1px solid #9fb8b4; }
  header { height: 34px; padding: 6px 10px 0; background: #d3dedc; }
  .tab { display: inline-block; min-width: 190px; height: 28px; padding: 5px 14px; border-radius: 8px 8px 0 0; background: #fff; font-size: 13px; }
  nav { display: flex; align-items: center; gap: 14px; height: 42px; padding: 0 12px; border-bottom: 1px solid #d5dedc; color: #70807d; }
  nav b { font-weight: 400; font-size: 17px; }
  .address { flex: 1; padding: 5px 14px; border-radius: 14px; background: #eef2f1; color: #1b1f23; font-size: 14px; }
  .icon { width: 24px; height: 24px; outline: 4px solid transparent; border-radius: 6px; }
  .icon.open { outline-color: #d5e8e5; }
  .page { position: relative; height: ${PAGE.height}px; }
  .page img { display: block; }
  .page .popup { position: absolute; top: 2px; right: 0; border: 1px solid #9fb8b4; border-radius: 8px; box-shadow: 0 0 0 6px #0f766e22; }
  .pointer { position: absolute; width: 44px; height: 44px; margin: -22px 0 0 -22px; }
  .pointer path { fill: #111; stroke: #fff; stroke-width: 1.2; }
  .pointer circle { fill: none; }
  .pointer.pressed circle { fill: #0f766e44; stroke: #0f766e; }
  footer { display: flex; align-items: center; gap: 18px; height: 48px; }
  footer p { margin: 0; font-size: 21px; font-weight: 600; }
  footer i { display: inline-block; width: 10px; height: 10px; margin-right: 7px; border-radius: 5px; background: #a9c9c4; }
  footer i.done { background: #0f766e; }
`;

interface Frame {
  tab: string;
  address: string;
  /** Data URLs of pictures. */
  page: string;
  popup?: string;
  step: number;
  sentence: string;
  pointer?: { x: number; y: number; pressed: boolean } | undefined;
  ms: number;
}

const icon = readFileSync('assets/icon.svg', 'utf8');
const frames: Frame[] = [];
const world = await createWorld();
const server = await world.addServer('opencode.example.com');
const browser = await launch('chromium', world, extensionFolder('chromium'), { scale: SCALE });

const drawn: Buffer[] = [];
try {
  await signIn();
  await draw();
} finally {
  await browser.close();
  await world.close();
}
await sharp(drawn, { join: { animated: true } })
  .gif({ delay: frames.map(({ ms }) => ms), loop: 0, effort: 10, dither: 0 })
  .toFile(FILE);
const { size } = statSync(FILE);
console.log(
  `${FILE}: ${frames.length} frames, ${frames.reduce((sum, { ms }) => sum + ms, 0) / 1_000} s, ${size} bytes`,
);
if (size > MOST_BYTES) throw new Error(`more than ${MOST_BYTES} bytes: too slow on a first screen`);

/** Signs in as a user would, and keeps a frame for each thing that is to be seen. */
async function signIn(): Promise<void> {
  // The popup speaks of the tab in front, as the toolbar's does: opencode's.
  const popup = await browser.newTab(browser.extensionUrl('popup.html'));
  await popup.resize(POPUP_WIDTH, 100);
  const opencode = (await openOpencode(browser, server)) as ChromiumTab;
  await opencode.resize(PAGE.width, PAGE.height);
  await opencode.bringToFront();
  await popup.reload();
  await popup.waitFor({ role: 'button', name: 'Use opencode.example.com' });
  // A click into a tab in the background may be lost.
  await popup.bringToFront();

  const inOpencode = { tab: 'opencode', address: 'opencode.example.com' };
  const behind = { ...inOpencode, page: await photograph(opencode) };
  const adding = { ...behind, step: 1, sentence: 'Open your opencode, click the icon, add the server. Once.' };
  frames.push({ ...adding, ms: 700 });
  await press(popup, 'button', 'Use opencode.example.com', async () => ({
    ...adding,
    popup: await photographPopup(popup),
  }));
  await popup.waitForText('[role=status]', /Found opencode/);
  frames.push({ ...adding, popup: await photographPopup(popup), ms: 1_800 });

  await connectChatGpt(opencode);
  const provider = (await browser.tabOpenedBy(() =>
    press(opencode, 'link', 'this link', async () => ({
      ...inOpencode,
      page: await photograph(opencode),
      step: 2,
      sentence: 'In opencode, connect ChatGPT.',
    })),
  )) as ChromiumTab;

  await provider.waitFor(allow);
  await provider.resize(PAGE.width, PAGE.height);
  await press(provider, 'button', 'Continue', async () => ({
    tab: 'Log in',
    address: 'auth.openai.com',
    page: await photograph(provider),
    step: 3,
    sentence: 'Log in. (Here at a stand-in for OpenAI.)',
  }));

  await waitForPhase(provider, 'completed');
  frames.push({
    tab: 'Callback Courier',
    address: 'Callback Courier &nbsp;|&nbsp; chrome-extension://…/callback.html',
    page: await photograph(provider),
    step: 4,
    sentence: 'What OpenAI sends to localhost:1455 reaches your server.',
    ms: 2_800,
  });

  await opencode.bringToFront();
  await waitUntilConnected(opencode);
  frames.push({
    ...inOpencode,
    page: await photograph(opencode),
    step: 5,
    sentence: 'opencode is connected.',
    ms: 2_800,
  });
}

/** Draws the browser's window around each of them. */
async function draw(): Promise<void> {
  const drawing = await browser.context.newPage();
  await drawing.setViewportSize(WINDOW);
  for (const frame of frames) {
    await drawing.setContent(html(frame));
    drawn.push(await drawing.screenshot());
  }
}

/** Moves the pointer to something, presses it, and does so on the page. */
async function press(
  tab: ChromiumTab,
  role: 'button' | 'link',
  name: string,
  photographed: () => Promise<Omit<Frame, 'pointer' | 'ms'>>,
): Promise<void> {
  const target = tab.page.getByRole(role, { name, exact: true }).first();
  const frame = await photographed();
  const box = await target.boundingBox();
  if (!box) throw new Error(`${name} is not to be seen`);
  const left = frame.popup ? PAGE.width - POPUP_WIDTH : 0;
  const end = { x: left + box.x + box.width / 2, y: box.y + box.height / 2 };
  const from = { x: PAGE.width * 0.62, y: PAGE.height * 0.92 };
  frames.push({ ...frame, ms: 500, pointer: { ...from, pressed: false } });
  for (const part of [0.3, 0.6, 0.85, 1]) {
    const [x, y] = [from.x + (end.x - from.x) * part, from.y + (end.y - from.y) * part];
    frames.push({ ...frame, ms: part === 1 ? 700 : 60, pointer: { x, y, pressed: false } });
  }
  frames.push({ ...frame, ms: 250, pointer: { ...end, pressed: true } });
  await target.click();
}

async function photograph({ page }: ChromiumTab): Promise<string> {
  return `data:image/png;base64,${(await page.screenshot({ animations: 'disabled', caret: 'hide' })).toString('base64')}`;
}

/** The popup as high as a browser makes it. */
async function photographPopup(popup: ChromiumTab): Promise<string> {
  await popup.resize(POPUP_WIDTH, await popup.evaluate(() => document.body.offsetHeight, undefined));
  return photograph(popup);
}

function html({ tab, address, page, popup: overlay, step, sentence, pointer }: Frame): string {
  const dots = [1, 2, 3, 4, 5].map((number) => `<i class="${number <= step ? 'done' : ''}"></i>`).join('');
  return `<!doctype html><style>${style}</style>
    <main>
      <header><span class="tab">${tab}</span></header>
      <nav><b>←</b><b>→</b><b>⟳</b><span class="address">${address}</span>
        <span class="icon ${overlay ? 'open' : ''}">${icon}</span></nav>
      <div class="page"><img src="${page}" width="${PAGE.width}">
        ${overlay ? `<img class="popup" src="${overlay}" width="${POPUP_WIDTH}">` : ''}
        ${pointer ? `<svg class="pointer ${pointer.pressed ? 'pressed' : ''}" style="left:${pointer.x}px;top:${pointer.y}px" viewBox="0 0 24 24"><circle cx="12" cy="12" r="11"/><path d="M12 12v9.6l2.5-2.3 1.7 3.6 1.9-.9-1.7-3.5h3.5z"/></svg>` : ''}
      </div>
    </main>
    <footer><span>${dots}</span><p>${sentence}</p></footer>`;
}
