import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';

export const stages = ['armed', 'captured', 'delivering'] as const;
export type Stage = (typeof stages)[number];

/** What the user got: a sign-in, none because the provider refused the code, or none and no way on with this code. */
export type End = 'completed' | 'refused' | 'start again';

/** One fault at one stage of a sign-in, and how it went. */
export interface Cell {
  fault: string;
  stage: Stage;
  saw: string;
  afterwards: End;
  hits: number;
}

/** Writes the fault matrix of a run in one browser: to docs/ with UPDATE_DOCS=1, else among the test results. */
export function writeReliability(browser: string, cells: Cell[]): void {
  const text = [
    `# Reliability in ${browser === 'chromium' ? 'Chromium' : 'Firefox'}`,
    '',
    'What happens when something breaks while a sign-in is under way. Written by `e2e/scenarios/faults.spec.ts`, and the last',
    'rows by `e2e/scenarios/restart.spec.ts`. "Afterwards" is what the user gets once the fault is gone, and the run',
    'fails when it is another end than `e2e/faults.ts` expects; "hits" is how often the provider was given the code. After each',
    'cell, code, tokens and password were looked for in every place where they would stay (`e2e/expectNoSecrets.ts`). Faults of',
    'the server alone run in Chromium only.',
    '',
    '| fault | while | what the user saw | afterwards | hits |',
    '| --- | --- | --- | --- | --- |',
    ...cells.map(rowOf),
    '',
  ].join('\n');
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(browser), text);
}

/** Adds a cell that has a scenario of its own, at the end of what `writeReliability` wrote. */
export function addToReliability(browser: string, cell: Cell): void {
  mkdirSync(folder, { recursive: true });
  appendFileSync(fileOf(browser), `${rowOf(cell)}\n`);
}

const folder = process.env.UPDATE_DOCS ? 'docs' : 'test-results';

function fileOf(browser: string): string {
  return `${folder}/reliability-${browser}.md`;
}

function rowOf(cell: Cell): string {
  return `| ${cell.fault} | ${cell.stage} | ${cell.saw} | ${cell.afterwards} | ${cell.hits} |`;
}
