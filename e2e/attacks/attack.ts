/** What an attack is made of, and the ways in that a hostile server has. */
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import { expect } from '../fixtures.ts';
import { allow, followLinkTo } from '../pages/authorize.ts';
import { openPopup } from '../pages/extension.ts';
import { browserEvent, type HostileServer } from '../world/hostile-server.ts';
import type { RemoteServer, World } from '../world/world.ts';

/** Programs of the user's own machine that wait for responses of their own: on port 1455 as Codex does, and on another. */
export interface LocalPrograms {
  /** `http://localhost:3000`, or another port where servers share this machine's loopback. */
  origin: string;
  /** Every request that reached one of them: its URL. */
  hits: string[];
}

export interface Scene {
  browser: BrowserDriver;
  world: World;
  hostile: HostileServer;
  /** Of the hostile server, as the user added it. */
  hostileUrl: string;
  /** A page of its. */
  page: Tab;
  good: RemoteServer;
  goodPage: Tab;
  local: LocalPrograms;
  /** A tab in which the local programs' responses arrive. */
  localTab: Tab;
  /** Signs in to ChatGPT on the good server, from start to end. */
  signInOnGood(): Promise<void>;
  /** Tabs that the user opened on the way: they do not count as the server's doing, and are closed in the end. */
  opened: Tab[];
}

export interface Attack {
  /** What it tries, after "a server that". */
  tries: string;
  /** What it tries at once, each with a row of its own: together they take no longer than one. */
  parts?: string[];
  way: WayOfUrl | 'page' | 'answers';
  /** How many tabs it may open; one start opens one at most. None when absent. */
  tabs?: number;
  /** How many capture rules it may leave, besides those of honest sign-ins. None when absent. */
  rules?: number;
  /** The response that another program's provider sends to `LocalPrograms.origin` afterwards: path and query. */
  localResponse?: string;
  /** It leads the user to a local program, which any web page can do: not only its own response reaches that one. */
  leadsToLocal?: true;
  /** Its page cannot be used any more. */
  ruinsPage?: true;
  /** What a browser makes of it matters, and not only what the server says: it is tried in both with every change. */
  ofBrowser?: true;
  /** @returns what the user was told, if anything; for several parts, of each */
  run(scene: Scene): Promise<string | string[]>;
}

/** How a URL gets to the extension. */
export type WayOfUrl = 'events' | 'popup' | 'link';

/** Names an authorization URL. Answers what the user is told, if anything. */
export async function nameUrl(scene: Scene, way: WayOfUrl, url: string): Promise<string> {
  if (way === 'popup') {
    scene.hostile.namedUrl = url;
    return signInFromPopup(scene);
  }
  if (way === 'events') await sayInEvents(scene, browserEvent('evil', url));
  else await showLink(scene, url);
  return '';
}

/** Its page asks for an MCP server's login, and its event stream says this. Ends when an honest login has got its tab. */
export async function sayInEvents(scene: Scene, ...events: string[]): Promise<void> {
  const { hostile } = scene;
  hostile.events = events;
  const starts = 1 + countOf(hostile, '/mcp/evil/auth/authenticate');
  await askForMcpLogin(scene, 'evil');
  // Each start listens. Whoever came later would wait for half a minute, on one of the browser's six connections to a host.
  for (const path of ['/mcp/evil/auth/authenticate', '/global/event']) {
    await expect.poll(() => countOf(hostile, path)).toBeGreaterThanOrEqual(starts);
  }
  // Whoever listens has been told.
  hostile.sayNoMore();
  await openHonestLogin(scene);
}

function countOf({ requests }: HostileServer, asked: string): number {
  return requests.filter(({ path }) => path === asked).length;
}

/** What opencode's web UI asks for an MCP server that needs a login: its request stays open until the login has ended. */
export function askForMcpLogin({ page }: Scene, name: string): Promise<void> {
  return page.evaluate((mcp) => {
    void fetch(`/mcp/${encodeURIComponent(mcp)}/auth/authenticate`, { method: 'POST' }).catch(() => {});
  }, name);
}

/** An honest login takes the same way as an attack before it, which has come to its end by then. It has to be opened. */
export async function openHonestLogin(scene: Scene): Promise<void> {
  const { hostile } = scene;
  await askForMcpLogin(scene, 'honest');
  await expect.poll(() => hostile.visits.some((path) => path.includes(honestState(scene, 'mcp')))).toBe(true);
}

/** The state of the honest sign-in that was started last: its rules are not the attack's. */
export function honestState({ hostile }: Scene, kind: 'mcp' | 'provider'): string {
  const url = hostile.honestUrl(`/${kind}/honest`);
  return url ? (new URL(url).searchParams.get('state') ?? '') : 'none';
}

/** Its page asks for a provider's sign-in and shows this link. Ends when an honest one's response can be captured. */
export async function showLink(scene: Scene, url: string): Promise<void> {
  await startInPage(scene, 'eve', url);
  await showHonestLink(scene);
}

/** An honest sign-in in its page takes the same way as an attack before it, and has to be seen. */
export async function showHonestLink(scene: Scene): Promise<void> {
  await startInPage(scene, 'honest');
  await expect.poll(() => rulesWith(scene, honestState(scene, 'provider'))).toBeGreaterThan(0);
}

/**
 * What opencode's web UI does for a provider: asks for the sign-in, shows the link that the answer names, and holds the
 * callback endpoint's answer.
 * @param shown the link in its place
 */
export function startInPage({ page }: Scene, provider: string, shown?: string): Promise<void> {
  return page.evaluate(
    async ({ id, link }) => {
      const post = (step: string) =>
        fetch(`/provider/${id}/oauth/${step}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"method":0}',
        });
      const { url } = await (await post('authorize')).json();
      const a = document.createElement('a');
      a.href = link ?? url;
      a.target = '_blank';
      a.rel = 'noreferrer';
      a.textContent = `Log in to ${id}`;
      document.body.prepend(a);
      void post('callback').catch(() => {});
    },
    { id: provider, link: shown },
  );
}

/** How many capture rules have a text in them. */
export async function rulesWith({ browser }: Pick<Scene, 'browser'>, part: string): Promise<number> {
  const rules = await browser.background(async ({ declarativeNetRequest }) =>
    (await declarativeNetRequest.getSessionRules()).map((rule) => JSON.stringify(rule)),
  );
  return rules.filter((rule) => rule.includes(part)).length;
}

/** Opens the popup, and in it what the hostile server offers to sign in to. */
export async function openChoice(scene: Scene): Promise<Tab> {
  const popup = await openPopup(scene.browser);
  scene.opened.push(popup);
  await popup.click({ xpath: `${hostileItem}//button[normalize-space()="More sign-ins…"]` });
  await popup.waitFor({ xpath: `${hostileItem}//section//button` });
  return popup;
}

/** The hostile server's place in the popup. */
export const hostileItem = '//li[.//span[normalize-space()="hostile.example.com"]]';
const offerOfMallory = { xpath: `${hostileItem}//section//button[starts-with(normalize-space(), "Mallory")]` };

/** The user chooses its sign-in in the popup. Answers what the popup says of it, or '' when a tab was opened instead. */
export async function signInFromPopup(scene: Scene): Promise<string> {
  const popup = await openChoice(scene);
  const before = (await openTabs(scene.browser)).length;
  await popup.click(offerOfMallory);
  let said = '';
  await expect
    .poll(async () => {
      said = await popup.evaluate(() => document.querySelector('section [role=alert]')?.textContent ?? '', undefined);
      return said !== '' || (await openTabs(scene.browser)).length > before;
    })
    .toBe(true);
  return said;
}

/**
 * The user chooses its sign-in in the popup, logs in, and its response comes back. Answers our page.
 * @param beforeLogin what the server does when all that can be asked beforehand has been asked
 */
export async function arriveFromPopup(scene: Scene, beforeLogin = () => {}): Promise<Tab> {
  const popup = await openChoice(scene);
  const tab = await scene.browser.tabOpenedBy(() => popup.click(offerOfMallory));
  scene.opened.push(tab);
  await tab.waitFor(allow);
  await untilQuiet(scene);
  beforeLogin();
  await tab.click(allow);
  return tab;
}

/** The same without a pause, for one of several that it offers. */
export async function arriveFromChoice(scene: Scene, popup: Tab, place: number): Promise<Tab> {
  await popup.bringToFront();
  const tab = await scene.browser.tabOpenedBy(() =>
    popup.click({ xpath: `(${hostileItem}//section//button)[${place}]` }),
  );
  scene.opened.push(tab);
  await tab.click(allow);
  return tab;
}

/** The extension has asked what it asks while the user logs in. */
async function untilQuiet({ hostile }: Scene): Promise<void> {
  let asked = -1;
  await expect
    .poll(
      () => {
        const before = asked;
        asked = hostile.requests.length;
        return asked === before;
      },
      { intervals: [250] },
    )
    .toBe(true);
}

/** The same from its page, whose link the user follows. */
export async function arriveFromPage(scene: Scene, provider = 'eve'): Promise<Tab> {
  await scene.page.bringToFront();
  await startInPage(scene, provider);
  const url = scene.hostile.honestUrl(`/provider/${provider}`);
  await expect.poll(() => rulesWith(scene, new URL(url).searchParams.get('state') ?? '')).toBeGreaterThan(0);
  const tab = await followLinkTo(scene.browser, scene.page, url);
  scene.opened.push(tab);
  await tab.click(allow);
  return tab;
}

/** How our page says that a sign-in has ended. */
export async function endOf(tab: Tab): Promise<string> {
  const text = await tab.waitForText('html:is([data-phase=completed], [data-phase=failed]) [role=status] h1', /./);
  return text.trim();
}

/** Opens the popup. Answers what it says of the good server, and of the hostile one unless that keeps it waiting. */
export async function statesInPopup(scene: Scene, isSilent = false): Promise<{ good: string; hostile: string }> {
  const popup = await openPopup(scene.browser);
  scene.opened.push(popup);
  const stateOf = (place: number, pattern: RegExp) =>
    popup.waitForText(`ul[aria-label=Servers] > li:nth-child(${place}) .state`, pattern);
  const good = await stateOf(1, /^(?!Checking)./);
  const hostile = await stateOf(2, isSilent ? /./ : /^(?!Checking)./);
  return { good: good.trim(), hostile: hostile.trim() };
}

export function openTabs(browser: BrowserDriver): Promise<{ id: number; url: string }[]> {
  return browser.background(async ({ tabs }) => (await tabs.query({})).map(({ id = -1, url = '' }) => ({ id, url })));
}
