/** Every test in every browser. */
import { defineConfig } from '@playwright/test';
import config from './playwright.config.ts';

export default defineConfig({
  ...config,
  reporter: [['list'], ['./signInTable.ts']],
  projects: (config.projects ?? []).map(({ grepInvert: _, ...project }) => project),
});
