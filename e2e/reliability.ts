import { mkdirSync, writeFileSync } from 'node:fs';

export const stages = ['armed', 'captured', 'delivering'] as const;
export type Stage = (typeof stages)[number];

/** One fault at one stage of a sign-in, and how it went. */
export interface Cell {
  fault: string;
  stage: Stage;
  saw: string;
  afterwards: 'completed' | 'start again';
  hits: number;
}

/** Writes the fault matrix of a run in one browser: to docs/ with UPDATE_DOCS=1, else among the test results. */
export async function writeReliability(browser: string, cells: Cell[]): Promise<void> {
  const rows = cells.map(
    (cell) => `| ${cell.fault} | ${cell.stage} | ${cell.saw} | ${cell.afterwards} | ${cell.hits} |`,
  );
  const text = [
    `# Reliability in ${browser === 'chromium' ? 'Chromium' : 'Firefox'}`,
    '',
    `What happens when something breaks while a sign-in is under way. Written by \`e2e/scenarios/faults.spec.ts\` (${browser}).`,
    '"Afterwards" is what the user gets once the fault is gone; "hits" is how often the code was exchanged. After each cell, code, tokens and password were looked for in every place where',
    'they would stay (`e2e/expectNoSecrets.ts`). Faults of the server alone run in Chromium only; a restart of the browser is',
    'tested in `e2e/scenarios/restart.chromium.spec.ts`.',
    '',
    '| fault | while | what the user saw | afterwards | hits |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
  mkdirSync('test-results', { recursive: true });
  const folder = process.env.UPDATE_DOCS ? 'docs' : 'test-results';
  writeFileSync(`${folder}/reliability-${browser}.md`, text);
}
