import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Copies an unpacked extension to a folder, with one of its languages alone. A browser falls back to it whatever language
 * it has itself: Debian's browsers know English only, and the others are packages of their own for each of them.
 */
export function speakingOnly(language: string, extension: string, copy: string): string {
  cpSync(extension, copy, { recursive: true });
  for (const other of readdirSync(join(copy, '_locales'))) {
    if (other !== language) rmSync(join(copy, '_locales', other), { recursive: true });
  }
  const manifestFile = join(copy, 'manifest.json');
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
  writeFileSync(manifestFile, JSON.stringify({ ...manifest, default_locale: language }));
  return copy;
}
