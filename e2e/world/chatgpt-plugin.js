/**
 * A plugin for ChatGPT. opencode signs in to ChatGPT itself since 1.1 and leaves this one out by its name, also where that is
 * part of a path (measured, 1.18.33). Plugins that were made of it have other names, as it has one here.
 */
export { default } from 'opencode-openai-codex-auth';
