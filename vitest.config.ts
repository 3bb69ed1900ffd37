import { defineConfig } from 'vitest/config';
import { WxtVitest } from 'wxt/testing/vitest-plugin';

export default defineConfig({
  plugins: [WxtVitest()],
  test: { include: ['{bench,e2e,lib,entrypoints,locales,scripts}/**/*.test.ts'] },
});
