import type { BrowserDriver } from '../e2e/drivers/driver.ts';

/** Something that happened in the worker, and when: milliseconds since the epoch, with their fractions. */
export interface Mark {
  /** `asked`, `armed`, `navigated`, or a phase that a sign-in is in from now on. */
  name: string;
  at: number;
}

/**
 * Lets the worker that runs now write down what happens to sign-ins: the browser's own times of the requests, the moment
 * at which a capture rule is in force, and those at which a sign-in's phase is stored. From outside, by the debugger: the
 * extension's own script holds none of this.
 */
export async function watchWorker(browser: BrowserDriver): Promise<void> {
  await browser.background((api) => {
    const marks: Mark[] = [];
    (globalThis as { marks?: Mark[] }).marks = marks;
    const now = () => performance.timeOrigin + performance.now();

    const rules = api.declarativeNetRequest as unknown as { updateSessionRules(change: RuleChange): Promise<void> };
    const update = rules.updateSessionRules.bind(rules);
    interface RuleChange {
      addRules?: unknown[];
    }
    rules.updateSessionRules = async (change) => {
      await update(change);
      if (change.addRules) marks.push({ name: 'armed', at: now() });
    };
    const watch = (name: string, url: string) =>
      api.webRequest.onBeforeRequest.addListener(
        ({ timeStamp }) => {
          marks.push({ name, at: timeStamp });
          return undefined;
        },
        { urls: [url], types: ['main_frame'] },
      );
    watch('asked', 'https://auth.openai.com/oauth/authorize*');
    watch('navigated', 'http://localhost:1455/auth/callback*');

    const phases = new Map<string, string>();
    api.storage.session.onChanged.addListener((changes) => {
      for (const [key, { newValue }] of Object.entries(changes)) {
        const { phase } = (newValue ?? {}) as { phase?: string };
        if (!key.startsWith('sign-in:') || phase === undefined) continue;
        if (phases.get(key) !== phase) marks.push({ name: phase, at: now() });
        phases.set(key, phase);
      }
    });
  });
}

/** What the worker has written down since the last call. */
export function takeMarks(browser: BrowserDriver): Promise<Mark[]> {
  return browser.background(() => (globalThis as { marks?: Mark[] }).marks?.splice(0) ?? []);
}

/** When the last of that name happened. @throws when it did not */
export function timeOf(marks: Mark[], name: string): number {
  const mark = marks.findLast((one) => one.name === name);
  if (!mark) throw new Error(`the worker saw nothing ${name}: ${marks.map((one) => one.name)}`);
  return mark.at;
}
