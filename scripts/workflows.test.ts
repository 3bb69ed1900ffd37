import { readdirSync, readFileSync } from 'node:fs';
import { parseYAML } from 'confbox';
import { describe, expect, test } from 'vitest';

const FOLDER = '.github/workflows';

interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<string, { uses?: string; permissions?: Record<string, string>; steps?: { uses?: string }[] }>;
}

describe.each(readdirSync(FOLDER))('the workflow %s', (file) => {
  const text = readFileSync(`${FOLDER}/${file}`, 'utf8');
  const workflow = parseYAML<Workflow>(text);

  test('takes actions only at a commit, with its version beside it', () => {
    const lines = text.split('\n').filter((line) => /\buses:/.test(line));
    for (const line of lines.filter((line) => !line.includes('uses: ./'))) {
      expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
    const jobs = Object.values(workflow.jobs);
    const uses = jobs.flatMap((job) => [job.uses, ...(job.steps ?? []).map((step) => step.uses)]).filter(Boolean);
    expect(lines).toHaveLength(uses.length);
  });

  test('may read the repository, and a job writes only what it says', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
  });

  test('needs no secret', () => {
    expect(text).not.toMatch(/\bsecrets\b/);
  });
});

test('only a release may write anything', () => {
  const check = parseYAML<Workflow>(readFileSync(`${FOLDER}/check.yml`, 'utf8'));
  expect(Object.values(check.jobs).map(({ permissions }) => permissions)).toEqual([undefined]);
  expect(Object.keys(check.on)).toEqual(['pull_request', 'push', 'workflow_call']);
});
