/**
 * A plugin for ChatGPT. opencode signs in to ChatGPT itself since 1.1 and leaves this one out by its name, wherever that stands
 * (`opencode-openai-codex-auth`; measured, 1.18.33). Others that were made of it have other names, as it has one here.
 */
export { default } from 'opencode-openai-codex-auth';
