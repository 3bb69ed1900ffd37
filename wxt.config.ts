import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { defineConfig } from 'wxt';
import project from './package.json' with { type: 'json' };

const ICON = 'assets/icon.svg';

/** Most packages are in both bundles: the text of a licence is in the package once. */
function onceEach(folder: string): void {
  const [background, pages] = ['background.md', 'pages.md'].map((name) => join(folder, name));
  if (!background || !pages || !existsSync(background) || !existsSync(pages)) return;
  const known = readFileSync(pages, 'utf8').split(/^(?=## )/m);
  const own = readFileSync(background, 'utf8').split(/^(?=## )/m);
  writeFileSync(background, own.filter((text, index) => index === 0 || !known.includes(text)).join(''));
}

export default defineConfig({
  modules: ['@wxt-dev/webextension-polyfill', '@wxt-dev/i18n/module', '@wxt-dev/auto-icons'],
  manifestVersion: 3,
  imports: false,
  // The sources package holds what the Firefox package is built from, and the document that says how. See BUILD.md.
  zip: {
    includeSources: [
      '{assets,entrypoints,lib,locales,public}/**',
      '{package,package-lock,tsconfig}.json',
      'wxt.config.ts',
      'BUILD.md',
      'LICENSE',
    ],
  },
  // Libraries write to the console what they do, and what they were told: nothing of that ships.
  vite: ({ command }) => ({
    build: {
      // Every browser that the extension runs in preloads modules by itself.
      modulePreload: { polyfill: false },
      // Terser before Vite's own minifier: together they make the worker's script 2 kB smaller than either alone.
      // `unsafe_arrows`, another kilobyte, would spoil an anonymous function that is called with `new`: there is none.
      minify: command === 'build' && 'terser',
      terserOptions: {
        ecma: 2020,
        // What the polyfill's own table of the browser's API is made of: 320 of these names, which nobody else reads.
        mangle: { properties: { regex: /^((min|max)Args|fallbackToNoCallback|singleCallbackArg)$/ } },
        compress: {
          passes: 6,
          keep_fargs: false,
          hoist_funs: true,
          module: true,
          unsafe_arrows: true,
        },
      },
      rolldownOptions: { output: command === 'build' ? { minify: { compress: { dropConsole: true } } } : {} },
    },
  }),
  autoIcons: { baseIconPath: ICON, developmentIndicator: false },
  hooks: {
    // The module makes `wxt/browser` the polyfill; this gives it the polyfill's types.
    'prepare:tsconfig': (_, { tsconfig }) => {
      tsconfig.compilerOptions.paths['wxt/browser'] = [
        '../node_modules/@wxt-dev/webextension-polyfill/dist/browser.d.mts',
      ];
    },
    // The licences of the packages whose code is in a bundle ask to travel with it.
    'vite:build:extendConfig': ([entrypoint], { build }) => {
      const bundle = entrypoint?.type === 'background' ? 'background' : 'pages';
      if (build) build.license = { fileName: `licences/${bundle}.md` };
    },
    // The stores want 96 pixels of artwork in 128 (https://developer.chrome.com/docs/webstore/images). The toolbar's
    // icons fill their place.
    // Nobody reads the texts in the package: without their indents it is a kilobyte smaller.
    'build:done': async ({ config }) => {
      onceEach(join(config.outDir, 'licences'));
      const locales = join(config.outDir, '_locales');
      for (const language of readdirSync(locales)) {
        const file = join(locales, language, 'messages.json');
        writeFileSync(file, JSON.stringify(JSON.parse(readFileSync(file, 'utf8'))));
      }
      const icon = readFileSync(ICON, 'utf8').replace('viewBox="0 0 128 128"', 'viewBox="-16 -16 160 160"');
      writeFileSync(join(config.outDir, 'icons/128.png'), await sharp(Buffer.from(icon)).resize(128).png().toBuffer());
    },
    // By this the page knows that it is the toolbar's popup, and not a tab of its own.
    'build:manifestGenerated': (_, manifest) => {
      manifest.action = { ...manifest.action, default_popup: 'popup.html#toolbar' };
    },
  },
  manifest: ({ browser, mode, command }) => ({
    name: '__MSG_extension_name__',
    description: '__MSG_extension_description__',
    default_locale: 'en',
    // The repository's page, once package.json names it: from there pages link to docs/troubleshooting.md.
    ...('homepage' in project ? { homepage_url: project.homepage } : {}),
    // Each one's reason is in docs/permissions.md.
    permissions: [
      ...['activeTab', 'alarms', 'declarativeNetRequestWithHostAccess', 'scripting', 'storage', 'webRequest'],
      ...(browser === 'firefox' ? ['webRequestBlocking'] : []),
    ],
    host_permissions: [
      'https://auth.openai.com/*',
      'http://localhost/*',
      'https://localhost/*',
      'http://127.0.0.1/*',
      'http://[::1]/*',
      // The only thing in which the build for end-to-end tests differs: headless tests meet no prompt.
      ...(mode === 'e2e' ? ['https://*.example.com/*'] : []),
    ],
    optional_host_permissions: ['https://*/*', 'http://*/*'],
    // The browser checks the page that a redirected navigation started on: any server's, any provider's, or none.
    // A dynamic URL, so that no page can find out whether the extension is installed.
    web_accessible_resources: [
      {
        resources: ['callback.html'],
        matches: ['<all_urls>'],
        ...(browser === 'chrome' ? { use_dynamic_url: true } : {}),
      },
    ],
    content_security_policy: {
      extension_pages: [
        "default-src 'none'",
        "script-src 'self'",
        // `npm run dev` serves the styles, and tells the pages over a WebSocket what has changed.
        `style-src 'self'${command === 'serve' ? " 'unsafe-inline' http://localhost:*" : ''}`,
        "img-src 'self'",
        `connect-src https: http:${command === 'serve' ? ' ws:' : ''}`,
        "frame-ancestors 'none'",
      ].join('; '),
    },
    action: { default_title: '__MSG_extension_name__' },
    commands: { _execute_action: { suggested_key: { default: 'Alt+Shift+O' } } },
    ...(browser === 'firefox'
      ? {
          browser_specific_settings: {
            gecko: {
              id: 'callback-courier@callback-courier',
              // The first release that knows data_collection_permissions, on Android too.
              strict_min_version: '142.0',
              // The code of a sign-in goes to the user's own server: that is what the extension is for.
              data_collection_permissions: { required: ['authenticationInfo'] },
            },
          },
        }
      : { minimum_chrome_version: '130', incognito: 'split', storage: { managed_schema: 'managed-schema.json' } }),
  }),
});
