import { type End, faults, type SignIn, type Stage, signIns, stages } from './faults.ts';
import { readDocument, table, writeDocument } from './generatedDocument.ts';

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

/** Writes a row of a browser's fault matrix, in place of the earlier one: the scenarios may run in any order. */
export function addToReliability(browser: string, cell: Cell): void {
  const name = `reliability-${browser}`;
  const row = [cell.fault, cell.signIn, cell.stage, cell.saw, cell.afterwards, String(cell.hits)];
  const earlier = readDocument(name).split('\n').map(cellsOf).filter(isRow);
  const rows = [...earlier.filter((other) => placeOf(other) !== placeOf(row)), row];
  rows.sort((a, b) => placeOf(a) - placeOf(b));
  const head = ['fault', 'sign-in', 'while', 'what the user saw', 'afterwards', 'hits'];
  writeDocument(name, introduction(browser), table(head, rows));
}

function introduction(browser: string): string {
  return `# Reliability in ${browser === 'chromium' ? 'Chromium' : 'Firefox'}

What happens when something breaks while a sign-in is under way. Written by \`e2e/scenarios/faults*.spec.ts\`, and the last
rows by \`e2e/scenarios/restart.spec.ts\`. The response gets to the listener by the server's own MCP client (loopback), or by
a terminal; Snowflake stands for the providers whose outcome can be asked for only once. "Afterwards" is what the user gets
once the fault is gone, and the run fails when it is another end than \`e2e/faults.ts\` expects; "hits" is how often the
provider was given the code. After each cell, code, tokens and password were looked for in every place where they would stay
(\`e2e/expectNoSecrets.ts\`). Faults of the server alone run in Chromium only. What a server that lies may try is in
[another table](reliability-hostile-${browser}.md).`;
}

function cellsOf(line: string): string[] {
  const [, ...cells] = line.split('|').map((cell) => cell.trim());
  return cells.slice(0, -1);
}

function isRow([, signIn]: string[]): boolean {
  return signIns.some((known) => known === signIn);
}

/** Where a row belongs: by sign-in, fault and stage. */
function placeOf([fault = '', signIn, stage]: string[]): number {
  const names = faults.map(({ name }) => name);
  const place = names.indexOf(fault) * stages.length + stages.indexOf(stage as Stage);
  const group = fault === RESTART ? signIns.length + 1 : signIns.indexOf(signIn as SignIn);
  return group * names.length * stages.length + place;
}
