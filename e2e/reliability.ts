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

/** Writes the fault matrix of a run: to docs/reliability.md with UPDATE_DOCS=1, else among the test results. */
export async function writeReliability(browser: string, cells: Cell[]): Promise<void> {
  const rows = cells.map(
    (cell) => `| ${cell.fault} | ${cell.stage} | ${cell.saw} | ${cell.afterwards} | ${cell.hits} |`,
  );
  const text = [
    '# Reliability',
    '',
    `What happens when something breaks while a sign-in is under way. Written by \`e2e/scenarios/faults.spec.ts\` (${browser}).`,
    '"Afterwards" is what the user gets once the fault is gone; "hits" is how often the code was exchanged.',
    '',
    '| fault | while | what the user saw | afterwards | hits |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
  mkdirSync('test-results', { recursive: true });
  writeFileSync(process.env.UPDATE_DOCS ? 'docs/reliability.md' : `test-results/reliability-${browser}.md`, text);
}
