import { test as base } from '../fixtures.ts';
import { type BrowserName, extensionFolder, launch } from '../launch.ts';
import { createWorld } from '../world/world.ts';
import { createStage, reset, type Scene, type Stage } from './scene.ts';

/**
 * One browser for all states, with the same servers: each state begins with a tab of its own and an extension that has
 * forgotten everything.
 */
export const test = base.extend<{ scene: Scene }, { stage: Stage }>({
  stage: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from its first parameter.
    async ({}, use, { project }) => {
      const { driver } = project.use as { driver: BrowserName };
      const world = await createWorld();
      const browser = await launch(driver, world, extensionFolder(driver));
      await use(await createStage(world, browser));
      await browser.close();
      await world.close();
    },
    { scope: 'worker' },
  ],
  scene: async ({ stage }, use) => {
    const scene = { ...stage, tab: await stage.browser.newTab() };
    await reset(scene);
    await use(scene);
    await scene.tab.close();
  },
});
