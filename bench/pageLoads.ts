/** What the extension costs pages that are none of its business. */
import { launchChromium } from '../e2e/drivers/chromium.ts';
import type { BrowserDriver, Tab } from '../e2e/drivers/driver.ts';
import { haveServer } from '../e2e/pages/extension.ts';
import type { World } from '../e2e/world/world.ts';
import { makeEmptyExtension } from './bareExtension.ts';
import { launchOptions } from './launch.ts';
import type { Figures } from './rows.ts';
import { startSites } from './sites.ts';
import { median } from './statistics.ts';

const ORIGINS = 20;
/** A development server that was stopped. */
const NOT_UP = 'http://localhost:1455';
const LOADS = 200;

/** Loads the same pages with the extension and without it, in turn, and counts how often its worker was started. */
export async function measurePageLoads(world: World) {
  const server = await world.addServer('opencode.example.com');
  const sites = await startSites();
  const options = { resolverRules: sites.resolverRules };
  const without = launchOptions(world, { ...options, extension: false });
  const empty = makeEmptyExtension();
  const browsers = await Promise.all([
    launchChromium(launchOptions(world, options)),
    launchChromium(without),
    launchChromium({ ...without, rival: empty.folder }),
  ]);
  const [browser] = browsers;
  try {
    await haveServer(browser, server.url);
    const tabs = await Promise.all(browsers.map((each) => each.newTab()));
    const urls = pages(sites.developmentPorts);
    for (const url of urls.slice(0, ORIGINS)) for (const tab of tabs) await load(tab, url);
    const wakeups = await countStarts(browser);
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
      wakeups: { value: wakeups() },
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

/** Three in four are pages of 20 origins; the others look like OAuth, or are pages of development servers, some of which are not up. */
function pages(developmentPorts: number[]): string[] {
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
    const site = `http://site${index % ORIGINS}.example.org`;
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

/** Ends the worker, and counts from now on how often it is started. */
async function countStarts(
  browser: BrowserDriver & { context: Awaited<ReturnType<typeof launchChromium>>['context'] },
) {
  await browser.suspendBackground();
  let starts = 0;
  browser.context.on('serviceworker', () => {
    starts += 1;
  });
  return () => starts;
}
