import { defineConfig } from '@playwright/test';

export default defineConfig<{ driver: 'chromium' | 'firefox' }>({
  testDir: './scenarios',
  // Two cores: one browser, one opencode.
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  snapshotPathTemplate: '{testDir}/{testFileName}-snapshots/{arg}{ext}',
  reporter: [['list'], ['./signInTable.ts']],
  // A scenario runs in every browser, unless its file names one.
  projects: [
    {
      name: 'chromium',
      testIgnore: '**/*.firefox.spec.ts',
      use: { driver: 'chromium' },
      outputDir: '../test-results/chromium',
    },
    {
      name: 'firefox',
      testIgnore: '**/*.chromium.spec.ts',
      use: { driver: 'firefox' },
      outputDir: '../test-results/firefox',
    },
  ],
});
