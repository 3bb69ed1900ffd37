/** What the shipped extension asks for, to the letter. The reasons are in docs/permissions.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from '../fixtures.ts';
import { type BrowserName, extensionFolder } from '../launch.ts';

test('the shipped build asks for these permissions and no others', ({ driver }) => {
  const manifest = readManifest(driver, 'shipped');
  expect(manifest.permissions).toEqual([
    'activeTab',
    'alarms',
    'declarativeNetRequestWithHostAccess',
    'scripting',
    'storage',
    'webRequest',
    ...(driver === 'firefox' ? ['webRequestBlocking'] : []),
  ]);
  expect(manifest.host_permissions).toEqual([
    'https://auth.openai.com/*',
    ...['http://localhost/*', 'https://localhost/*', 'http://127.0.0.1/*', 'http://[::1]/*'],
  ]);
  expect(manifest.optional_host_permissions).toEqual(['https://*/*', 'http://*/*']);
  expect(manifest.web_accessible_resources.map(({ resources, matches }) => ({ resources, matches }))).toEqual([
    { resources: ['callback.html'], matches: ['<all_urls>'] },
  ]);
  expect(manifest.optional_permissions).toBeUndefined();
  expect(manifest.content_scripts).toBeUndefined();
  expect(manifest.externally_connectable).toBeUndefined();

  const reasons = readFileSync('docs/permissions.md', 'utf8');
  for (const permission of [
    ...manifest.permissions,
    ...manifest.host_permissions,
    ...manifest.optional_host_permissions,
  ]) {
    expect(reasons).toContain(`\`${permission}\``);
  }
});

test('the build for end-to-end tests differs in one host permission only', ({ driver }) => {
  const { host_permissions, ...tested } = readManifest(driver, 'e2e');
  const { host_permissions: shippedHosts, ...shipped } = readManifest(driver, 'shipped');
  expect(tested).toEqual(shipped);
  expect(host_permissions).toEqual([...shippedHosts, 'https://*.example.com/*']);
});

test("the stores' icon has the padding that they ask for", async ({ driver }) => {
  const icon = sharp(join(extensionFolder(driver, 'shipped'), 'icons/128.png'));
  const { info } = await icon.trim().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height, info.trimOffsetLeft, info.trimOffsetTop]).toEqual([96, 96, -16, -16]);
});

interface Manifest {
  permissions: string[];
  host_permissions: string[];
  optional_host_permissions: string[];
  web_accessible_resources: { resources: string[]; matches: string[] }[];
  optional_permissions?: string[];
  content_scripts?: unknown;
  externally_connectable?: unknown;
}

function readManifest(driver: BrowserName, mode: 'shipped' | 'e2e'): Manifest {
  return JSON.parse(readFileSync(join(extensionFolder(driver, mode), 'manifest.json'), 'utf8'));
}
