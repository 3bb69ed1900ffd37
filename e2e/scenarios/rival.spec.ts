/** Another extension that redirects the same address: between extensions no rule comes before another. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deliveries } from '../deliveries.ts';
import { isFirefox } from '../drivers/firefox.ts';
import { expect, test } from '../fixtures.ts';
import { extensionFolder, launch } from '../launch.ts';
import { allow } from '../pages/authorize.ts';
import { openPopup } from '../pages/extension.ts';
import { waitUntilConnected } from '../pages/opencode.ts';
import { beginSignIn } from '../pages/signIn.ts';

/** Writes an extension that catches every callback, as those do that promise to help with localhost sign-ins. */
function writeRival(): string {
  const folder = mkdtempSync(join(tmpdir(), 'courier-rival-'));
  const manifest = {
    manifest_version: 3,
    name: 'Rival',
    version: '1',
    permissions: ['declarativeNetRequestWithHostAccess'],
    host_permissions: ['<all_urls>'],
    declarative_net_request: { rule_resources: [{ id: 'rules', enabled: true, path: 'rules.json' }] },
    web_accessible_resources: [{ resources: ['taken.html'], matches: ['<all_urls>'] }],
    browser_specific_settings: { gecko: { id: 'rival@rival' } },
  };
  const rule = {
    id: 1,
    priority: 1,
    condition: { regexFilter: '^http://localhost:1455/auth/callback', resourceTypes: ['main_frame'] },
    action: { type: 'redirect', redirect: { extensionPath: '/taken.html' } },
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'rules.json'), JSON.stringify([rule]));
  writeFileSync(join(folder, 'taken.html'), '<!doctype html><title>Taken</title><h1>Taken by the rival</h1>');
  return folder;
}

test('when another extension takes the response, it is sent where it belongs, once, and the user learns what was seen', async ({
  world,
  driver,
}) => {
  const rival = writeRival();
  const browser = await launch(driver, world, extensionFolder(driver), { rival });
  try {
    const { opencode, server, tab } = await beginSignIn(world, browser);
    // In Firefox the extension that began to have rules last wins: here, one that comes after ours is armed.
    if (isFirefox(browser)) await browser.installAnother(rival);
    await tab.click(allow);
    await tab.waitForText('h1', /Taken by the rival/);

    const mark = () => browser.background(({ action }) => action.getBadgeText({}));
    await expect.poll(mark).toBe('!');
    const popup = await openPopup(browser);
    await popup.waitForText('ul[aria-label="Recent sign-ins"]', /Signed in.*Something else got the response, too/s);
    // Opening the popup is looking.
    await expect.poll(mark).toBe('');
    await waitUntilConnected(opencode);
    expect(world.providers.chatgpt.exchanges).toEqual(['ok']);
    expect(deliveries(server)).toHaveLength(1);
  } finally {
    await browser.close();
    rmSync(rival, { recursive: true, force: true });
  }
});
