import { describe, expect, it } from 'vitest';
import { type Prompt, promptsToAnswer } from './signInOptions';

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
