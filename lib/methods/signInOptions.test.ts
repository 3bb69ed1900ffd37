import { describe, expect, it } from 'vitest';
import type { Catalogue } from './catalogue';
import { type Prompt, promptsToAnswer, type SignInOption, signInOptions } from './signInOptions';

/** As opencode 1.18.33 lists the prompts of GitHub Copilot. */
const deployment: Prompt = {
  ...{ type: 'select', key: 'deploymentType', message: 'Select GitHub deployment type' },
  options: [
    { label: 'GitHub.com', value: 'github.com' },
    { label: 'GitHub Enterprise', value: 'enterprise' },
  ],
};
const url: Prompt = { type: 'text', key: 'enterpriseUrl', message: 'Enter your GitHub Enterprise URL' };
const ifEnterprise: Prompt = { ...url, when: { key: 'deploymentType', op: 'eq', value: 'enterprise' } };
const unlessPublic: Prompt = { ...url, when: { key: 'deploymentType', op: 'neq', value: 'github.com' } };

/** What opencode 1.18.33 says, shortened; one of its providers has a plugin's method, and one has a server's made-up name. */
const catalogue: Catalogue = {
  methods: JSON.stringify({
    xai: [{ type: 'oauth', label: 'SuperGrok Subscription' }],
    'snowflake-cortex': [{ type: 'oauth', label: 'Login with Snowflake (External Browser)', prompts: [url] }],
    google: [{ type: 'oauth', label: 'OAuth with Google (Gemini CLI)' }],
    constructor: [{ type: 'oauth', label: 'Log in' }],
    openai: [
      { type: 'oauth', label: 'ChatGPT Pro/Plus (browser)' },
      { type: 'oauth', label: 'ChatGPT Pro/Plus (headless)' },
      { type: 'api', label: 'Manually enter API Key' },
    ],
  }),
  mcp: JSON.stringify({ demo: { status: 'needs_auth' }, other: { status: 'connected' } }),
  providers: {
    all: [
      { id: 'openai', name: 'OpenAI' },
      { id: 'google', name: 'Google' },
    ],
    connected: ['google'],
  },
};

describe('what can be signed in to', () => {
  const named = ({ target, method }: SignInOption) => [target.label, method ?? 'MCP'].join(' | ');

  it('has the usual first, then all by their names, with what a plugin and a configuration have added', () => {
    expect(signInOptions(catalogue).map(named)).toEqual([
      'OpenAI | ChatGPT Pro/Plus (browser)',
      'OpenAI | ChatGPT Pro/Plus (headless)',
      'constructor | Log in',
      'Google | OAuth with Google (Gemini CLI)',
      'snowflake-cortex | Login with Snowflake (External Browser)',
      'xai | SuperGrok Subscription',
      'demo | MCP',
    ]);
  });

  it('says of each whether it is connected, and which go by a device code', () => {
    const options = signInOptions(catalogue);
    expect(options.filter(({ isConnected }) => isConnected).map(named)).toEqual([
      'Google | OAuth with Google (Gemini CLI)',
    ]);
    expect(options.filter(({ byDeviceCode }) => byDeviceCode).map(named)).toEqual([
      'OpenAI | ChatGPT Pro/Plus (headless)',
      'xai | SuperGrok Subscription',
    ]);
  });

  it("keeps the place that a method has among its provider's: that is what opencode knows it by", () => {
    const places = signInOptions(catalogue).map(({ target }) => ('method' in target ? target.method : 'mcp'));
    expect(places).toEqual([0, 1, 0, 0, 0, 0, 'mcp']);
  });

  it.each([
    ['no JSON', { methods: '<!doctype html>', mcp: '{' }],
    ['another shape', { methods: '[1]', mcp: '{"demo":{"status":7}}' }],
    ['nothing', { methods: '', mcp: '' }],
  ])('is nothing where the server says %s', (_, said) => {
    expect(signInOptions({ ...catalogue, ...said })).toEqual([]);
  });

  it('is no more than anybody reads, each in one line', () => {
    const many = Array.from({ length: 1_000 }, () => ({ type: 'oauth', label: `W\u202e${'W'.repeat(500)}` }));
    const options = signInOptions({ ...catalogue, methods: JSON.stringify({ m: many }) });
    expect(options).toHaveLength(200);
    expect(Math.max(...options.map(({ method = '' }) => [...method].length))).toBe(80);
    expect(options.some(({ method }) => method?.includes('\u202e'))).toBe(false);
  });
});

describe('the prompts of a sign-in', () => {
  it.each([
    ['one without a condition', [url], {}, [url]],
    [
      'one whose condition holds',
      [deployment, ifEnterprise],
      { deploymentType: 'enterprise' },
      [deployment, ifEnterprise],
    ],
    ['not one whose condition does not', [deployment, ifEnterprise], { deploymentType: 'github.com' }, [deployment]],
    [
      'one whose condition is another answer',
      [deployment, unlessPublic],
      { deploymentType: 'x' },
      [deployment, unlessPublic],
    ],
    ['not one whose condition was not answered', [deployment, unlessPublic], {}, [deployment]],
  ])('include %s', (_, prompts, inputs, asked) => {
    expect(promptsToAnswer(prompts, inputs)).toEqual(asked);
  });
});
