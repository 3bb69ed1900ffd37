import { test as base, extensionFolder, launch } from '../fixtures.ts';
import { createWorld } from '../world/world.ts';
import { createScene, type Scene } from './scene.ts';

/** One browser for all states, with the same servers: each state begins with an extension that has forgotten everything. */
export const test = base.extend<object, { scene: Scene }>({
  scene: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from its first parameter.
    async ({}, use, { project }) => {
      const { driver } = project.use as { driver: 'chromium' | 'firefox' };
      const world = await createWorld();
      const browser = await launch(driver, world, extensionFolder(driver, 'e2e'));
      await use(await createScene(world, browser));
      await browser.close();
      await world.close();
    },
    { scope: 'worker' },
  ],
});
