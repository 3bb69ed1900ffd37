/** The second table of reliability: what a hostile server tried, and what came of it. In files of its own. */
import type { Attack } from './attacks/attack.ts';
import { table, writeDocument } from './generatedDocument.ts';

/** One attack, and what came of it. */
export interface HostileRow {
  attack: Attack;
  tabs: number;
  rules: number;
  /** How many sign-ins on the good server completed meanwhile. */
  completed: number;
  /** What the user was told, of each of its parts. */
  saw: string[];
}

const ways = {
  events: 'its MCP events',
  popup: 'its answer to the popup',
  link: "its page's link",
  page: 'its page',
  answers: 'its answers',
} satisfies Record<Attack['way'], string>;

/** Writes the attacks of a run in one browser. */
export function writeHostileTable(browser: string, attacks: HostileRow[]): void {
  const rows = attacks.flatMap(rowsOf);
  const introduction = `# A hostile server in ${browser === 'chromium' ? 'Chromium' : 'Firefox'}

What a server tried that the user has added and that lies (\`e2e/world/hostile-server.ts\`), and what came of it. Written by
\`e2e/scenarios/hostile-server.spec.ts\`: ${rows.length} attacks in one browser, with a real opencode beside it, whose sign-ins have to
complete, and programs that wait for responses of their own on ports 1455 and 3000 of the user's machine. The run fails if
after any of them a code, a state or a password of anybody else's has reached the hostile server, a response of those
programs did not reach them as it was sent, more is stored than a few kilobytes, or more tabs and capture rules are there than
the attack may have. "Rules" are those that are left besides the ones of honest sign-ins. "Meanwhile" says that a sign-in on
the good server was started and completed while the attack lasted. What breaks without anybody's will is in
[reliability-${browser}.md](reliability-${browser}.md).`;
  const head = ['a server that…', 'by', 'tabs', 'rules', 'what the user was told', 'meanwhile'];
  writeDocument(`reliability-hostile-${browser}`, introduction, table(head, rows));
}

const LONGEST_CELL = 160;

function rowsOf(row: HostileRow): string[][] {
  const { tries, parts = [tries], way } = row.attack;
  return parts.map((part, index) => {
    const what = [inCell(part), ways[way]];
    // Several parts have their tabs and rules together.
    const counts = row.attack.parts ? ['', ''] : [String(row.tabs), String(row.rules)];
    const meanwhile = row.completed > 0 ? 'signed in on the good server' : '';
    return [...what, ...counts, inCell(row.saw[index] ?? ''), meanwhile];
  });
}

/** Long texts are cut: that they are not too long is the test's to say. */
function inCell(text: string): string {
  const cut = text.length > LONGEST_CELL ? `${text.slice(0, LONGEST_CELL)}…` : text;
  return cut.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
