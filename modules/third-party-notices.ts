/**
 * Puts `THIRD-PARTY-NOTICES.txt` into every build: the packages whose code the bundler really took, with their licences,
 * which ask to travel with the code. `scripts/check-dependencies.ts` compares it with docs/bundle.md.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';
import { addViteConfig, defineWxtModule } from 'wxt/modules';

export default defineWxtModule((wxt) => {
  const notices = new Set<string>();
  const collect: Plugin = {
    name: 'third-party-notices',
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        for (const [id, { renderedLength }] of Object.entries(chunk.modules)) {
          const folder = renderedLength > 0 && packageFolder(id);
          if (folder) notices.add(notice(folder));
        }
      }
    },
  };
  addViteConfig(wxt, () => ({ plugins: [collect] }));
  wxt.hook('build:done', () => {
    const file = join(wxt.config.outDir, 'THIRD-PARTY-NOTICES.txt');
    writeFileSync(file, [...notices].sort().join(`\n${'-'.repeat(80)}\n\n`));
  });
});

/** The folder of the package that a module comes from, or undefined when the module is ours. */
function packageFolder(id: string): string | undefined {
  // What a tool adds by itself has no file: "\0vite/modulepreload-polyfill.js", "\0virtual:wxt-plugins".
  const tool = id.startsWith('\0') && id.slice(1).replace('virtual:', '').split(/[/-]/)[0];
  if (tool) return dirname(findPackageJSON(tool, import.meta.url) ?? '');
  if (!id.includes('/node_modules/')) return undefined;
  let folder = dirname(id);
  // A package may have further package.json files inside, without a version.
  while (!existsSync(join(folder, 'package.json')) || !manifestOf(folder).version) folder = dirname(folder);
  return folder;
}

function notice(folder: string): string {
  const { name, version, license } = manifestOf(folder);
  const title = `${name} ${version} (${license})\nhttps://www.npmjs.com/package/${name}/v/${version}`;
  return `${title}\n\n${licenceText(folder, license)}\n`;
}

function licenceText(folder: string, license: string): string {
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  // Vite's goes on with what is bundled into Vite itself.
  if (file)
    return readFileSync(join(folder, file), 'utf8').split('# Licenses of bundled dependencies')[0]?.trim() ?? '';
  if (license !== 'MIT') throw new Error(`${folder} is under ${license} and has no file with its text`);
  const ours = readFileSync(new URL('../LICENSE', import.meta.url), 'utf8');
  return `The package has no licence file. MIT License:\n\n${ours.slice(ours.indexOf('Permission is')).trim()}`;
}

function manifestOf(folder: string): { name: string; version: string; license: string } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
