/** The tests that a change waits for; see everyDay.ts. */
import { defineConfig } from '@playwright/test';
import { everyDay, everyDayInChromium, everyDayInFirefox } from './everyDay.ts';

const tagged = (...tags: string[]) => new RegExp(`(${tags.join('|')})(?![\\w-])`);

export default defineConfig<{ driver: 'chromium' | 'firefox' }>({
  testDir: './scenarios',
  // Two cores: one browser, one opencode.
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  snapshotPathTemplate: '{testDir}/{testFileName}-snapshots/{arg}{ext}',
  reporter: 'list',
  // A scenario runs in every browser, unless its file names one.
  projects: [
    {
      name: 'chromium',
      testIgnore: '**/*.firefox.spec.ts',
      grepInvert: tagged(everyDay, everyDayInChromium),
      use: { driver: 'chromium' },
      outputDir: '../test-results/chromium',
    },
    {
      name: 'firefox',
      testIgnore: '**/*.chromium.spec.ts',
      grepInvert: tagged(everyDay, everyDayInFirefox),
      use: { driver: 'firefox' },
      outputDir: '../test-results/firefox',
    },
  ],
});
