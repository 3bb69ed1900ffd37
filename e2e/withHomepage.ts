import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A page that nobody has: what package.json would name as the repository's. */
export const homepage = 'https://page.example.com/callback-courier';

/** Copies an unpacked extension to a folder, as it is once package.json names the repository's page. */
export function withHomepage(extension: string, copy: string): string {
  cpSync(extension, copy, { recursive: true });
  const manifestFile = join(copy, 'manifest.json');
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
  writeFileSync(manifestFile, JSON.stringify({ ...manifest, homepage_url: homepage }));
  return copy;
}
