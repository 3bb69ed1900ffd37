/**
 * A small models.dev catalogue (`OPENCODE_MODELS_PATH`) in place of the thousands of models that opencode brings along:
 * it spends seconds on each listing of those. Compared with the catalogue of opencode 1.18.33: the same ids and names of
 * providers, and of each provider one model with the members that models.dev's schema requires.
 */
const providers = {
  openai: 'OpenAI',
  anthropic: 'Anthropic',
  'github-copilot': 'GitHub Copilot',
  opencode: 'OpenCode Zen',
  digitalocean: 'DigitalOcean',
  gitlab: 'GitLab Duo',
  google: 'Google',
  poe: 'Poe',
  'snowflake-cortex': 'Snowflake Cortex',
  xai: 'xAI',
};

export const models = Object.fromEntries(
  Object.entries(providers).map(([id, name]) => [
    id,
    {
      id,
      name,
      env: [`${id.toUpperCase().replaceAll('-', '_')}_API_KEY`],
      npm: '@ai-sdk/openai-compatible',
      api: `https://${id}.invalid/v1`,
      models: {
        'gpt-5.5': {
          id: 'gpt-5.5',
          name: 'GPT-5.5',
          release_date: '2026-01-01',
          attachment: false,
          reasoning: true,
          temperature: false,
          tool_call: true,
          limit: { context: 200_000, output: 32_000 },
          cost: { input: 1, output: 2 },
        },
      },
    },
  ]),
);
