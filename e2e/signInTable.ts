/**
 * A reporter of Playwright's that writes which sign-ins completed in which browser, and where they were started, to
 * the document about compatibility. A test says which one it is by an annotation.
 */
import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter';
import { writeSection } from './compat/document.ts';
import { table } from './generatedDocument.ts';
import { type Plugin, type PluginMethod, versionOf } from './world/plugins.ts';

type Place = 'popup' | 'web UI';
type Section = 'Sign-ins' | 'Plugins';
const ANNOTATION = 'sign-in';

interface Cell {
  section: Section;
  place: Place;
  /** The first cells of its row. */
  row: string[];
  /** What is to be said where the test has passed. */
  note: string;
}

/** @param note what is to be said besides yes and no */
export function signInFrom(place: Place, signIn: string, note = 'yes') {
  return annotation({ section: 'Sign-ins', place, row: [signIn], note });
}

/** The same for a method of somebody's plugin. */
export function pluginSignInFrom(place: Place, plugin: Plugin, method: PluginMethod, note = 'yes') {
  return annotation({ section: 'Plugins', place, row: [`${plugin} ${versionOf(plugin)}`, `\`${method}\``], note });
}

function annotation(cell: Cell) {
  return { annotation: { type: ANNOTATION, description: JSON.stringify(cell) } };
}

const columns = ['chromium', 'firefox'].flatMap((browser) => [`${browser}, popup`, `${browser}, web UI`]);

export default class SignInTable implements Reporter {
  /** What to say, by section, by the first cells of a row, and then by browser and place. */
  readonly #seen: Record<Section, Map<string, Record<string, string>>> = { 'Sign-ins': new Map(), Plugins: new Map() };

  onTestEnd(test: TestCase, result: TestResult): void {
    const { description } = test.annotations.find(({ type }) => type === ANNOTATION) ?? {};
    if (!description || result.status === 'skipped') return;
    const { section, place, row, note } = JSON.parse(description) as Cell;
    const key = JSON.stringify(row);
    const cell = { [`${test.parent.project()?.name}, ${place}`]: result.status === 'passed' ? note : 'no' };
    this.#seen[section].set(key, { ...this.#seen[section].get(key), ...cell });
  }

  onEnd(): void {
    this.#write('Sign-ins', ['sign-in'], signInsIntroduction);
    this.#write('Plugins', ['plugin', 'method'], pluginsIntroduction, pluginsFootnotes);
  }

  #write(section: Section, head: string[], ...[introduction, footnotes = '']: string[]): void {
    const seen = [...this.#seen[section]];
    if (!columns.every((column) => seen.some(([, cells]) => column in cells))) return;
    const rows = seen.map(([row, cells]) => [...JSON.parse(row), ...columns.map((column) => cells[column] ?? '–')]);
    writeSection(section, `${introduction}\n\n${table([...head, ...columns], rows)}${footnotes}`);
  }
}

const signInsIntroduction = `Written by \`npm run test:all\` (\`e2e/scenarios/providers.spec.ts\` and \`sign-in.spec.ts\`), with opencode 1.18.33 and a strict
stand-in for each provider. "Popup" and "web UI" are where the sign-in was started. What nobody can start there has a dash.`;

const pluginsIntroduction = `Written by \`npm run test:all\` (\`e2e/scenarios/plugins.spec.ts\`), with opencode 1.18.33, the plugins as npm has them, and a strict
stand-in for Google and for OpenAI. \`auto\`: the plugin listens for the response on the server's machine. \`code\`: it wants the
code, or the whole callback URL, to be pasted; Google's do so where they are told that there is no screen.`;

const pluginsFootnotes = `

¹ Nobody can start it there, with or without the extension: opencode's web UI sends \`inputs\`, which the plugin takes for its
own command line. It then asks for a project on the server's standard input, and no answer came in 30 s. The test sees it ask.

² opencode leaves this plugin out, by its name (1.18.33): it signs in to ChatGPT itself. The test gives it another name, as
plugins that were made of it have.`;
