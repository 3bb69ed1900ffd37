/**
 * A reporter of Playwright's that writes which sign-ins completed in which browser, and where they were started, to
 * the document about compatibility. A test says which one it is by an annotation.
 */
import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter';
import { writeSection } from './compat/document.ts';
import { table } from './generatedDocument.ts';

type Place = 'popup' | 'web UI';
const ANNOTATION = 'sign-in';

/** @param note what is to be said besides yes and no */
export function signInFrom(place: Place, signIn: string, note = 'yes') {
  return { annotation: { type: ANNOTATION, description: JSON.stringify({ place, signIn, note }) } };
}

export default class SignInTable implements Reporter {
  /** What to say, by sign-in and then by browser and place. */
  readonly #seen: Record<string, Record<string, string>> = {};

  onTestEnd(test: TestCase, result: TestResult): void {
    const { description } = test.annotations.find(({ type }) => type === ANNOTATION) ?? {};
    if (!description || result.status === 'skipped') return;
    const { place, signIn, note } = JSON.parse(description) as { place: Place; signIn: string; note: string };
    this.#seen[signIn] ??= {};
    this.#seen[signIn][`${test.parent.project()?.name}, ${place}`] = result.status === 'passed' ? note : 'no';
  }

  onEnd(): void {
    const columns = ['chromium', 'firefox'].flatMap((browser) => [`${browser}, popup`, `${browser}, web UI`]);
    const cells = Object.values(this.#seen);
    if (!columns.every((column) => cells.some((seen) => column in seen))) return;
    const rows = Object.entries(this.#seen).map(([signIn, seen]) => [signIn, ...columns.map((it) => seen[it] ?? '–')]);
    writeSection('Sign-ins', `${introduction}\n\n${table(['sign-in', ...columns], rows)}`);
  }
}

const introduction = `Written by \`npm run test:e2e\` (\`e2e/scenarios/providers.spec.ts\` and \`sign-in.spec.ts\`), with opencode 1.18.33 and a strict
stand-in for each provider. "Popup" and "web UI" are where the sign-in was started. What nobody can start there has a dash.`;
