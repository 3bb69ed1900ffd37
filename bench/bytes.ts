/** The size of what is shipped. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Figures } from './rows.ts';

const OUTPUT = '.output';
const targets = ['chrome', 'firefox'] as const;

/** Builds and packs the extension for both browsers, and looks at the packages. */
export function measureBytes(): { zip_bytes: Figures; background_bytes: Figures } {
  const figures = { zip_bytes: {} as Figures, background_bytes: {} as Figures };
  for (const target of targets) {
    execFileSync('wxt', ['zip', '--browser', target], { stdio: ['ignore', 'ignore', 'inherit'] });
    const zips = readdirSync(OUTPUT).filter((name) => name.endsWith(`-${target}.zip`));
    figures.zip_bytes[target] = statSync(join(OUTPUT, newest(zips))).size;
    figures.background_bytes[target] = backgroundBytes(join(OUTPUT, `${target}-mv3`));
  }
  return figures;
}

/** What the manifest names as the background's scripts. */
function backgroundBytes(folder: string): number {
  const { background } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
    background: { service_worker?: string; scripts?: string[] };
  };
  const scripts = [background.service_worker ?? [], background.scripts ?? []].flat();
  return scripts.reduce((sum, script) => sum + statSync(join(folder, script)).size, 0);
}

/** Packages of earlier versions stay where they were. */
function newest(zips: string[]): string {
  const [first] = zips.toSorted((a, b) => statSync(join(OUTPUT, b)).mtimeMs - statSync(join(OUTPUT, a)).mtimeMs);
  if (!first) throw new Error('no package was made');
  return first;
}
