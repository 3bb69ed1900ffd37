import { defineConfig } from '@playwright/test';
import base from '../playwright.config.ts';

/** The deployment documents, run with the real proxies: `npm run test:deploy`, which installs those. */
export default defineConfig({ ...base, testDir: '.', reporter: [['list']] });
