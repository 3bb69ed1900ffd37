/** Chromium has just been started, and does not know its policies yet. */
import type { ChromiumTab } from '../drivers/chromium.ts';
import { expect } from '../fixtures.ts';
import { test } from '../states/fixture.ts';
import { seedServers, show } from '../states/scene.ts';

test('the popup shows the servers before the browser knows its policies, and then what they say', async ({ scene }) => {
  await seedServers(scene, [{ url: scene.server.url }]);
  // Stands for a browser that was started a moment ago: `storage.managed.get` answered after 1.6 to 2.9 s then, ten times of ten.
  await (scene.tab as ChromiumTab).page.addInitScript(() => {
    const { chrome: api } = globalThis as unknown as { chrome: typeof import('webextension-polyfill') };
    if (!api?.storage) return;
    // The polyfill passes a callback; a Chromium that has `browser` itself gives a promise.
    const get = (answer?: (policy: unknown) => void) => {
      const policy = new Promise((resolve) => {
        document.addEventListener('policy', (event) => resolve((event as CustomEvent).detail));
      });
      if (answer) void policy.then(answer);
      return policy;
    };
    Object.assign(api.storage.managed, { get });
  });
  await show(scene, 'popup.html');
  await scene.tab.waitForText('ul[aria-label=Servers]', /opencode\.example\.com/);
  await scene.tab.waitFor({ role: 'button', name: 'Add another server' });

  await scene.tab.evaluate(() => {
    const servers = [{ url: 'https://team.example.com', name: 'Team' }];
    document.dispatchEvent(new CustomEvent('policy', { detail: { servers, allowOtherServers: false } }));
  }, undefined);
  await scene.tab.waitForText('body', /Your organisation decides which servers can be used here/);
  const list = await scene.tab.waitForText('ul[aria-label=Servers]', /Team/);
  expect(list).not.toContain('opencode.example.com');
});
