import { defineConfig } from '@playwright/test';
import base from '../playwright.config.ts';

/** Other releases of opencode: `npm run test:compat`, which downloads those. */
export default defineConfig({ ...base, testDir: '.', reporter: [['list'], ['./table.ts']] });
