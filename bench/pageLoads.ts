/** What the extension costs pages that are none of its business. */
import type { ChromiumDriver } from '../e2e/drivers/chromium.ts';
import type { BrowserDriver, Tab } from '../e2e/drivers/driver.ts';
import { extensionFolder, launch } from '../e2e/launch.ts';
import { haveServer } from '../e2e/pages/extension.ts';
import type { World } from '../e2e/world/world.ts';
import { makeEmptyExtension } from './bareExtension.ts';
import type { Figures } from './rows.ts';
import { type Sites, startSites } from './sites.ts';
import { median } from './statistics.ts';

/** A development server that was stopped. */
const NOT_UP = 'http://localhost:1455';
const LOADS = 200;

/** Counts how often the background is started by those pages, in both browsers. */
export async function countWakeups(world: World) {
  const sites = await startSites();
  const { resolverRules } = sites;
  const chromium = await launch('chromium', world, extensionFolder('chromium'), { resolverRules });
  // Firefox is told of the sites' names, and not of another port for them.
  const firefox = await launch('firefox', world, extensionFolder('firefox'), {
    firefoxPrefs: { 'network.dns.localDomains': siteHosts.join(',') },
  });
  try {
    return {
      wakeups: {
        value: await startsDuring(chromium, () => countStarts(chromium), pagesForChromium(sites)),
        firefox: await startsDuring(firefox, firefox.countBackgroundStarts, pagesForFirefox(sites)),
      },
    } satisfies Record<string, Figures>;
  } finally {
    await Promise.all([chromium.close(), firefox.close()]);
    sites.close();
  }
}

async function startsDuring(
  browser: BrowserDriver,
  count: () => Promise<() => number | Promise<number>>,
  urls: string[],
): Promise<number> {
  await haveServer(browser, 'https://opencode.example.com');
  const starts = await count();
  const tab = await browser.newTab();
  for (const url of urls) await load(tab, url);
  return starts();
}

/** Loads the same pages with the extension, without it, and with an empty one, in turn. */
export async function measurePageCost(world: World) {
  const server = await world.addServer('opencode.example.com');
  const sites = await startSites();
  const { resolverRules } = sites;
  const empty = makeEmptyExtension();
  const browsers = await Promise.all([
    launch('chromium', world, extensionFolder('chromium'), { resolverRules }),
    launch('chromium', world, undefined, { resolverRules }),
    launch('chromium', world, undefined, { resolverRules, rival: empty.folder }),
  ]);
  try {
    await haveServer(browsers[0], server.url);
    const tabs = await Promise.all(browsers.map((each) => each.newTab()));
    const urls = pagesForChromium(sites);
    for (const url of urls.slice(0, siteHosts.length)) for (const tab of tabs) await load(tab, url);
    const ratios: number[] = [];
    const floors: number[] = [];
    for (const [index, url] of urls.entries()) {
      // Each browser is the first as often as the others: whoever comes second finds the servers warm.
      const order = tabs.map((_, place) => (index + place) % tabs.length);
      const times: number[] = [];
      for (const place of order) times[place] = await load(tabs[place], url);
      const [ours = 0, none = 0, floor = 0] = times;
      ratios.push(ours / none);
      floors.push(floor / none);
    }
    return {
      page_cost_ratio: {
        p50: median(ratios.filter(Number.isFinite)),
        empty_extension: median(floors.filter(Number.isFinite)),
      },
    } satisfies Record<string, Figures>;
  } finally {
    await Promise.all(browsers.map((each) => each.close()));
    sites.close();
    empty.remove();
  }
}

const siteHosts = Array.from({ length: 20 }, (_, index) => `site${index}.example.org`);

function pagesForChromium({ developmentPorts }: Sites): string[] {
  return pages(
    siteHosts.map((host) => `http://${host}`),
    developmentPorts,
  );
}

function pagesForFirefox({ developmentPorts, port }: Sites): string[] {
  return pages(
    siteHosts.map((host) => `http://${host}:${port}`),
    developmentPorts,
  );
}

/** Three in four are pages of 20 origins; the others look like OAuth, or are pages of development servers, some of which are not up. */
function pages(sites: string[], developmentPorts: number[]): string[] {
  const state = 'Zm9yIHNvbWVib2R5IGVsc2U';
  const request = `response_type=code&client_id=app&redirect_uri=${encodeURIComponent('http://localhost:1455/auth/callback')}&state=${state}`;
  const [first = 0, second = 0, third = 0] = developmentPorts;
  const suspicious = [
    (site: string) => `${site}/oauth/authorize?${request}`,
    (site: string) => `${site}/auth/callback?code=abc&state=${state}`,
    (site: string) => `${site}/provider/openai/oauth/authorize?${request}`,
    () => `http://localhost:${first}/`,
    () => `http://localhost:${second}/auth/callback?code=abc&state=${state}`,
    () => `http://localhost:${third}/oauth/authorize?${request}`,
    () => NOT_UP,
    () => `${NOT_UP}/settings`,
  ];
  return Array.from({ length: LOADS }, (_, index) => {
    const site = sites[index % sites.length] ?? '';
    const makeUrl = index % 4 === 3 ? suspicious[(index >> 2) % suspicious.length] : undefined;
    return makeUrl?.(site) ?? `${site}/page-${index}`;
  });
}

/** @returns milliseconds; NaN for a page that nobody answered for */
async function load(tab: Tab | undefined, url: string): Promise<number> {
  if (!tab) return Number.NaN;
  await tab.goto(url);
  if (url.startsWith(NOT_UP)) await tab.waitForErrorPage();
  return tab.evaluate(() => {
    const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    return location.protocol === 'http:' && navigation ? navigation.loadEventEnd - navigation.startTime : Number.NaN;
  }, undefined);
}

/** Ends Chromium's worker, and counts from now on how often it is started. */
async function countStarts(browser: ChromiumDriver) {
  await browser.suspendBackground();
  let starts = 0;
  browser.context.on('serviceworker', () => {
    starts += 1;
  });
  return () => starts;
}
