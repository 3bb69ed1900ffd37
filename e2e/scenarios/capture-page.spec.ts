/** The capture page after a success. What it shows in every state is in pages.*.spec.ts. */
import { expect } from '../fixtures.ts';
import { test } from '../states/fixture.ts';
import * as records from '../states/records.ts';
import { type Scene, seedServers, seedSignIns } from '../states/scene.ts';

test('it closes itself after a success, and opencode is in front again', async ({ scene }) => {
  const { browser, server } = scene;
  const opencode = await browser.newTab(`${server.url}/global/health`);
  const other = await browser.newTab();
  const tab = await openCompleted(scene);
  await tab.waitForClose();
  const active = await browser.background(async ({ tabs }) =>
    (await tabs.query({ active: true })).map(({ url }) => url),
  );
  expect(active).toContain(`${server.url}/global/health`);
  await opencode.close();
  await other.close();
});

for (const sign of ['a key is pressed', 'the pointer moves', 'assistive technology presses Keep it open'] as const) {
  test(`it stays open when ${sign}`, async ({ scene }) => {
    const tab = await openCompleted(scene);
    if (sign === 'a key is pressed') await tab.press('Shift');
    else if (sign === 'the pointer moves') await tab.click({ xpath: '//h1' });
    else await tab.evaluate(() => document.querySelector<HTMLElement>('.closing button')?.click(), undefined);
    await expect.poll(() => tab.evaluate(() => document.querySelector('.closing'), undefined)).toBeNull();
    await tab.waitForText('[role=status]', /Signed in to ChatGPT on opencode\.example\.com/);
    await tab.close();
  });
}

async function openCompleted(scene: Scene) {
  const signIn = records.completed();
  await seedServers(scene, [{ url: signIn.server }]);
  await seedSignIns(scene, [signIn]);
  const tab = await scene.browser.newTab(scene.browser.extensionUrl(`callback.html#${signIn.id}`));
  await tab.bringToFront();
  await tab.waitForText('.closing', /closes in/);
  return tab;
}
