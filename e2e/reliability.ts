import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

export const stages = ['armed', 'captured', 'delivering'] as const;
export type Stage = (typeof stages)[number];

/** What the user got: a sign-in, none because the provider refused the code, or none and no way on with this code. */
export type End = 'completed' | 'refused' | 'start again';

/** How a response gets to the listener: see docs/architecture.md. */
export type Route = 'loopback' | 'terminal';

/** One fault at one stage of a sign-in, and how it went. */
export interface Cell {
  fault: string;
  route: Route;
  stage: Stage;
  saw: string;
  afterwards: End;
  hits: number;
}

/** Writes a route's fault matrix in one browser: to docs/ with UPDATE_DOCS=1, else among the test results. */
export function writeReliability(browser: string, route: Route, cells: Cell[]): void {
  const others = readRows(browser).filter((row) => placeOf(row) !== routes.indexOf(route));
  write(browser, [...others, ...cells.map(rowOf)]);
}

/** Writes the cells of a fault that has scenarios of its own, in place of what an earlier run has written of it. */
export function addToReliability(browser: string, cell: Cell): void {
  const ofCell = `| ${cell.fault} | ${cell.route} | ${cell.stage} |`;
  write(browser, [...readRows(browser).filter((row) => !row.startsWith(ofCell)), rowOf(cell)]);
}

/** What has scenarios of its own, and stands last. */
export const RESTART = 'browser restarted';
const routes: Route[] = ['loopback', 'terminal'];

function write(browser: string, rows: string[]): void {
  const text = [
    `# Reliability in ${browser === 'chromium' ? 'Chromium' : 'Firefox'}`,
    '',
    'What happens when something breaks while a sign-in is under way. Written by `e2e/scenarios/faults.spec.ts`, and the last',
    'rows by `e2e/scenarios/restart.spec.ts`. "Route" is how the response gets to the listener: by the server\'s own MCP client',
    '(loopback), or by a terminal. "Afterwards" is what the user gets once the fault is gone, and the run fails when it is',
    'another end than `e2e/faults.ts` expects; "hits" is how often the provider was given the code. After each cell, code, tokens',
    'and password were looked for in every place where they would stay (`e2e/expectNoSecrets.ts`). Faults of the server alone run',
    `in Chromium only. What a server that lies may try is in [another table](reliability-hostile-${browser}.md).`,
    '',
    '| fault | route | while | what the user saw | afterwards | hits |',
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
  return `| ${cell.fault} | ${cell.route} | ${cell.stage} | ${cell.saw} | ${cell.afterwards} | ${cell.hits} |`;
}

/** What earlier runs have written: the scenarios may run in any order. */
function readRows(browser: string): string[] {
  const text = existsSync(fileOf(browser)) ? readFileSync(fileOf(browser), 'utf8') : '';
  return text.split('\n').filter((line) => routes.some((route) => line.split(' | ')[1] === route));
}

function placeOf(row: string): number {
  const [fault, route] = row.replace('| ', '').split(' | ');
  return fault === RESTART ? routes.length : routes.indexOf(route as Route);
}
