/** Every state of the extension's pages, for everybody: themes, sizes, zoom, contrast, motion, direction, screen readers. */
import type { Page } from '@playwright/test';
import type { ChromiumTab } from '../drivers/chromium.ts';
import { expect } from '../fixtures.ts';
import { findBarriers, findCut, findMoved } from '../states/checks.ts';
import { test } from '../states/fixture.ts';
import { type Scene, seedServers, show } from '../states/scene.ts';
import { fileNameOf, states } from '../states/states.ts';

const widths = { popup: 380, tab: 1280, narrow: 320 };

for (const state of states) {
  test(`${state.page}, ${state.name}: everybody can read and use it`, async ({ scene }) => {
    const { tab } = scene;
    const page = pageOf(scene);
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce', forcedColors: 'none' });
    await state.enter(scene);

    await test.step('what it says and offers', async () => {
      expect(await inWords(page)).toMatchSnapshot(`${fileNameOf(state)}.txt`);
    });
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme });
      for (const [name, width] of Object.entries(widths)) {
        await test.step(`${theme}, ${name}`, async () => {
          await page.setViewportSize({ width, height: 800 });
          expect(await findBarriers(tab)).toEqual([]);
          expect(await findCut(tab)).toEqual([]);
        });
      }
    }
    await test.step('reduced motion', async () => {
      const running = () => document.getAnimations().filter(({ playState }) => playState === 'running').length;
      expect(await tab.evaluate(running, undefined)).toBe(0);
    });
    await test.step('zoomed to 200 %', async () => {
      await page.setViewportSize({ width: widths.tab / 2, height: 400 });
      expect(await findCut(tab)).toEqual([]);
    });
    await test.step('forced colours', async () => {
      await page.emulateMedia({ forcedColors: 'active' });
      expect(await findCut(tab)).toEqual([]);
      expect(await tab.evaluate(buttonsWithoutEdge, undefined)).toEqual([]);
    });
    await test.step('written from right to left', async () => {
      await tab.evaluate(() => document.documentElement.setAttribute('dir', 'rtl'), undefined);
      for (const width of Object.values(widths)) {
        await page.setViewportSize({ width, height: 800 });
        expect(await findCut(tab)).toEqual([]);
      }
    });
    await state.leave?.(scene);
  });
}

test('nothing in the popup moves when the check of its server ends', async ({ scene }) => {
  await scene.tab.resize(widths.popup, 600);
  await seedServers(scene, [{ url: scene.server.url }]);
  await show(scene, 'popup.html');
  await scene.tab.waitForText('ul[aria-label=Servers]', /OpenAI not connected/);
  expect(await findMoved(scene.tab)).toEqual([]);
});

function pageOf({ tab }: Scene): Page {
  return (tab as ChromiumTab).page;
}

/** What assistive technology is told of a page, in words; without what is another each time. */
async function inWords(page: Page): Promise<string> {
  const tree = await page.locator('body').ariaSnapshot();
  const steady = tree
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '(time)')
    .replaceAll(/\b\d{1,2}:\d{2}(\s[AP]M)?\b/g, '(time)')
    .replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, '(id)')
    .replaceAll(/closes in \d s/g, 'closes in (time) s')
    .replaceAll(/-?\d+\.\d{3} s/g, '(time) s')
    .replaceAll(/Callback Courier \d+\.\d+\.\d+/g, 'Callback Courier (version)')
    .replaceAll(/Chrome \d+ on \S+ \S+/g, '(browser)');
  return `${await page.title()}\n\n${steady}\n`;
}

/** Runs in the page. */
function buttonsWithoutEdge(): string[] {
  return [...document.querySelectorAll('button, .button')]
    .filter((button) => Number.parseFloat(getComputedStyle(button).borderTopWidth) === 0)
    .map((button) => button.outerHTML);
}
