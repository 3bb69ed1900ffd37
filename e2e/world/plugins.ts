/** Other people's sign-in plugins for opencode, as npm has them: the real ones, loaded by the real program. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { path } from './opencode.ts';
import type { ServerOptions } from './world.ts';

const entries = {
  'opencode-gemini-auth': 'node_modules/opencode-gemini-auth/index.ts',
  'opencode-antigravity-auth': 'node_modules/opencode-antigravity-auth/dist/index.js',
  'opencode-openai-codex-auth': 'e2e/world/chatgpt-plugin.js',
};
export type Plugin = keyof typeof entries;

/** Whether a listener of the plugin's waits for the response, or its code is to be pasted. */
export type PluginMethod = 'auto' | 'code';

/**
 * A server with one plugin. Google's decide by the environment whether they listen: gemini's does unless it is told that there
 * is no screen, antigravity's only if there is one. That for ChatGPT has a method for each, and takes the place of opencode's own.
 */
export function withPlugin(plugin: Plugin, method: PluginMethod): ServerOptions {
  const file = resolve(entries[plugin]);
  return {
    project: { 'bin/xdg-open': '#!/bin/sh\n' },
    env: (folder) => ({
      OPENCODE_CONFIG_CONTENT: JSON.stringify({ plugin: [`file://${file}`] }),
      PATH: `${folder}/bin:${path}`,
      ...(method === 'code' ? { OPENCODE_HEADLESS: '1' } : { DISPLAY: ':9' }),
    }),
  };
}

/** A server with the tests' own plugin. */
export function withOwnPlugin(): ServerOptions {
  return {
    env: { OPENCODE_CONFIG_CONTENT: JSON.stringify({ plugin: [`file://${resolve('e2e/world/own-plugin.js')}`] }) },
  };
}

export function versionOf(plugin: Plugin): string {
  return JSON.parse(readFileSync(resolve('node_modules', plugin, 'package.json'), 'utf8')).version;
}
