import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type End, faults, type SignIn, type Stage, signIns, stages } from './faults.ts';

/** One fault at one stage of a sign-in, and how it went. */
export interface Cell {
  fault: string;
  signIn: SignIn;
  stage: Stage;
  saw: string;
  afterwards: End;
  hits: number;
}

/** What has scenarios of its own, and stands last. */
export const RESTART = 'browser restarted';

/** Writes a row of a browser's fault matrix, in place of the earlier one: to docs/ with UPDATE_DOCS=1, else to the results. */
export function addToReliability(browser: string, cell: Cell): void {
  const others = readRows(browser).filter((row) => placeOf(row) !== placeOf(rowOf(cell)));
  write(browser, [...others, rowOf(cell)]);
}

function write(browser: string, rows: string[]): void {
  const text = [
    `# Reliability in ${browser === 'chromium' ? 'Chromium' : 'Firefox'}`,
    '',
    'What happens when something breaks while a sign-in is under way. Written by `e2e/scenarios/faults*.spec.ts`, and the last',
    "rows by `e2e/scenarios/restart.spec.ts`. The response gets to the listener by the server's own MCP client (loopback), or by",
    'a terminal; Snowflake stands for the providers whose outcome can be asked for only once. "Afterwards" is what the user gets',
    'once the fault is gone, and the run fails when it is another end than `e2e/faults.ts` expects; "hits" is how often the',
    'provider was given the code. After each cell, code, tokens and password were looked for in every place where they would stay',
    '(`e2e/expectNoSecrets.ts`). Faults of the server alone run in Chromium only. What a server that lies may try is in',
    `[another table](reliability-hostile-${browser}.md).`,
    '',
    '| fault | sign-in | while | what the user saw | afterwards | hits |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.sort((a, b) => placeOf(a) - placeOf(b)),
    '',
  ].join('\n');
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(browser), text);
}

const folder = process.env.UPDATE_DOCS ? 'docs' : 'test-results';

function fileOf(browser: string): string {
  return `${folder}/reliability-${browser}.md`;
}

function rowOf(cell: Cell): string {
  return `| ${cell.fault} | ${cell.signIn} | ${cell.stage} | ${cell.saw} | ${cell.afterwards} | ${cell.hits} |`;
}

/** What earlier runs have written: the scenarios may run in any order. */
function readRows(browser: string): string[] {
  const text = existsSync(fileOf(browser)) ? readFileSync(fileOf(browser), 'utf8') : '';
  return text.split('\n').filter((line) => signIns.some((signIn) => line.split(' | ')[1] === signIn));
}

/** Where a row belongs: by sign-in, fault and stage. */
function placeOf(row: string): number {
  const [fault = '', signIn, stage] = row.replace('| ', '').split(' | ');
  const names = faults.map(({ name }) => name);
  const place = names.indexOf(fault) * stages.length + stages.indexOf(stage as Stage);
  const group = fault === RESTART ? signIns.length + 1 : signIns.indexOf(signIn as SignIn);
  return group * names.length * stages.length + place;
}
