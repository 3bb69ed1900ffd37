/**
 * Every server is hostile, also one that the user added: what it can try, one test each, in one browser and beside a good
 * server and programs of the user's own. What came of each is written to docs/reliability-hostile-*.md with UPDATE_DOCS=1.
 */
import { createServer } from 'node:http';
import {
  type Attack,
  arriveFromPage,
  arriveFromPopup,
  askForMcpLogin,
  endOf,
  honestState,
  type LocalPrograms,
  openTabs,
  rulesWith,
  type Scene,
} from '../attacks/attack.ts';
import { attacks } from '../attacks/attacks.ts';
import type { BrowserDriver } from '../drivers/driver.ts';
import { everyDayInFirefox } from '../everyDay.ts';
import { test as base, expect } from '../fixtures.ts';
import { type HostileRow, writeHostileTable } from '../hostileTable.ts';
import { type BrowserName, extensionFolder, launch } from '../launch.ts';
import { allow, authorizeOn, followLinkTo } from '../pages/authorize.ts';
import { addServer, haveServer, openPopup, waitForPhase } from '../pages/extension.ts';
import { createHostileServer, newState } from '../world/hostile-server.ts';
import { namespaceRun } from '../world/namespaces.ts';
import { json } from '../world/providers/stand-in.ts';
import { createWorld, type World } from '../world/world.ts';

/** What the extension may keep of all that a server tells it: far below the 10 MB that Chromium gives all of them. */
const MOST_STORED = 64 * 1024;

type Stage = Omit<Scene, 'opened' | 'signInOnGood'>;

const test = base.extend<object, { stage: Stage }>({
  stage: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from its first parameter.
    async ({}, use, { project }) => {
      const { driver } = project.use as { driver: BrowserName };
      const world = await createWorld();
      // The servers' names are of one site, whose tabs Firefox lets share a few processes: there a page that hangs takes
      // others of its site with it, which no extension can change.
      const firefoxPrefs = { 'dom.ipc.processCount.webIsolated': 64 };
      const browser = await launch(driver, world, extensionFolder(driver), { firefoxPrefs });
      await use(await createStage(world, browser));
      await browser.close();
      await world.close();
    },
    { scope: 'worker' },
  ],
});

const rows: HostileRow[] = [];
let counter = 0;

for (const attack of attacks) {
  const tag = attack.ofBrowser ? [] : everyDayInFirefox;
  test(`a server that ${attack.tries}, by its ${attack.way}, harms nobody`, { tag }, async ({ stage }) => {
    rows.push(await check(stage, attack));
  });
}

test.afterAll(({ driver }) => {
  // Only a run of all of them has something to say.
  if (rows.length === attacks.length) writeHostileTable(driver, rows);
});

/** Runs an attack. Fails if it did anybody any harm. */
async function check(stage: Stage, attack: Attack): Promise<HostileRow> {
  const { browser, hostile, page, local } = stage;
  let completed = 0;
  const scene: Scene = {
    ...stage,
    opened: [],
    async signInOnGood() {
      await signInOn(stage);
      completed += 1;
    },
  };
  await forgetEverything(stage);
  const before = new Set((await openTabs(browser)).map(({ id }) => id));
  local.hits.length = 0;

  const saw = [await attack.run(scene)].flat().map((text) => text.replace(/\s+/g, ' ').trim());
  for (const tab of scene.opened) await tab.close().catch(() => {});
  if (attack.ruinsPage) await page.close();
  const responses = await receiveLocalResponses(stage, attack.localResponse ?? '/callback?code=local');
  const opened = (await openTabs(browser)).filter(({ id }) => !before.has(id));
  const honest = [honestState(scene, 'mcp'), honestState(scene, 'provider')];
  const { rules, stored } = await remains(stage);
  const own = rules.filter((rule) => !honest.some((state) => rule.includes(state)));
  // The honest login has a tab of its own.
  const tabs = opened.length - (hostile.visits.some((path) => path.includes(honest[0] ?? '')) ? 1 : 0);
  await closeTabs(
    stage,
    opened.map(({ id }) => id),
  );
  if (attack.ruinsPage) stage.page = await browser.newTab();

  const strays = local.hits.filter((url) => !responses.includes(url));
  if (!attack.leadsToLocal) expect(strays, 'what reached programs on this machine besides their responses').toEqual([]);
  expect(othersSecretsAt(stage), "what reached it of anybody else's").toEqual([]);
  expect(tabs, `tabs that it had opened: ${opened.map(({ url }) => url).join(' ')}`).toBeLessThanOrEqual(
    attack.tabs ?? 0,
  );
  expect(own.length, 'capture rules that it left').toBeLessThanOrEqual(attack.rules ?? 0);
  expect(stored, 'characters in session storage').toBeLessThan(MOST_STORED);
  return { attack, tabs, rules: own.length, completed, saw };
}

test('control: where it does not lie, the hostile server answers as a real one does', async ({ stage }) => {
  const { good, hostileUrl, hostile, page } = stage;
  await forgetEverything(stage);
  const added = { name: 'x', config: { type: 'remote', url: 'http://127.0.0.1:9/', oauth: false, timeout: 3000 } };
  // What is below a name that the servers do not share is looked at by itself.
  const compared: [request: string, body?: unknown, ...below: string[]][] = [
    ['GET /global/health'],
    ['GET /provider/auth', undefined, 'openai', '0'],
    ['GET /provider'],
    ['GET /provider', undefined, 'all', '0'],
    ['GET /config/providers'],
    ['GET /mcp', undefined, 'unknown'],
    ['GET /api/pty'],
    ['GET /pty'],
    ['GET /api/pty/pty_unknown'],
    ['GET /unknown'],
    ['POST /provider/openai/oauth/authorize', { method: 0 }],
    ['POST /provider/gitlab/oauth/callback', { method: 0 }],
    ['POST /mcp', added, 'x'],
    ['POST /instance/dispose'],
  ];
  for (const [request, body, ...below] of compared) {
    const [method = '', path = ''] = request.split(' ');
    const headers = { 'content-type': 'application/json' };
    const init = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
    const real = await good.opencode.fetch(path, init);
    const told = await page.evaluate(
      async ({ url, how }) => {
        const answer = await fetch(url, how);
        return { status: answer.status, type: answer.headers.get('content-type') ?? '', text: await answer.text() };
      },
      { url: hostileUrl + path, how: init },
    );
    const type = (given: string | null) => given?.split(';')[0];
    expect([request, told.status, type(told.type)]).toEqual([
      request,
      real.status,
      type(real.headers.get('content-type')),
    ]);
    if (type(told.type) !== 'application/json') continue;
    const realMembers = membersOf(await real.json(), below);
    expect(realMembers, request).toEqual(expect.arrayContaining(membersOf(JSON.parse(told.text), below)));
  }
  expect(hostile.handedOver).toEqual([]);
});

test('control: where it does not lie, its sign-ins complete, from the popup, its page and its events', async ({
  stage,
}) => {
  const { browser, hostile, page } = stage;
  await forgetEverything(stage);
  const scene: Scene = { ...stage, opened: [], signInOnGood: () => signInOn(stage) };
  expect(await endOf(await arriveFromPopup(scene))).toBe('Signed in to Mallory on hostile.example.com');
  expect(hostile.handedOver).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:56121\/callback\?code=mallory_/)]);

  await forgetEverything(stage);
  expect(await endOf(await arriveFromPage(scene))).toBe('Signed in to Eve on hostile.example.com');

  await forgetEverything(stage);
  const tab = await browser.tabOpenedBy(() => askForMcpLogin(scene, 'evil'));
  await tab.click(allow);
  hostile.lie(/^GET \/mcp$/, (response) => json(response, 200, { evil: { status: 'connected' } }));
  expect(await endOf(tab)).toBe('Signed in to evil on hostile.example.com');
  for (const opened of [tab, ...scene.opened]) await opened.close();
  await page.goto('about:blank');
});

/** The names of an object's members, and the kind of anything else, at a place in JSON. */
function membersOf(json: unknown, below: string[]): string[] {
  const value = below.reduce((all, name) => (all as Record<string, unknown> | undefined)?.[name], json);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [typeof value];
}

async function createStage(world: World, browser: BrowserDriver): Promise<Stage> {
  const good = await world.addServer('opencode.example.com', { password: 'correct-horse-of-the-good-server' });
  const hosts = ['hostile.example.com', 'page.example.com'] as const;
  const [certificate, ofProvider] = [await world.authority.issue(hosts[0]), await world.authority.issue(hosts[1])];
  const hostile = createHostileServer(certificate, ofProvider);
  const hostileUrl = await world.addSite(hosts[0], hostile.server);
  await world.addSite(hosts[1], hostile.provider);
  const local = await startLocalPrograms(world);

  // The extension knows the good server's password, and its page has it from the user: both could get into wrong hands.
  const popup = await openPopup(browser);
  await addServer(popup, good.url);
  await popup.fill({ role: 'textbox', name: 'Password' }, good.password ?? '');
  await popup.click({ role: 'button', name: 'Store password' });
  await popup.waitForText('[role=status]', /Found opencode/);
  await popup.close();
  await haveServer(browser, hostileUrl);
  const goodPage = await browser.newTab();
  await goodPage.goto(`${good.url.replace('https://', `https://opencode:${good.password}@`)}/global/health`);
  await goodPage.goto(`${good.url}/global/health`);
  const [page, localTab] = [await browser.newTab(hostileUrl), await browser.newTab()];
  return { browser, world, hostile, hostileUrl, page, good, goodPage, local, localTab };
}

async function startLocalPrograms(world: World): Promise<LocalPrograms> {
  const hits: string[] = [];
  const program = () =>
    createServer((request, response) => {
      if (request.url !== '/favicon.ico') hits.push(`http://${request.headers.host}${request.url}`);
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><title>Local program</title><p class="local">Signed in to the local program');
    });
  await world.listenOnUserPort1455(program());
  const port = await world.listenOnUserPort(program(), namespaceRun ? 3000 : 0);
  return { origin: `http://localhost:${port}`, hits };
}

/** The server tells the truth, its page is there, and the extension knows of no sign-in. */
async function forgetEverything({ browser, hostile, hostileUrl, page }: Stage): Promise<void> {
  // First the page: a request that is cut while its page is there is sent again.
  await page.goto('about:blank');
  await browser.background(async ({ declarativeNetRequest, storage }) => {
    await storage.session.clear();
    const rules = await declarativeNetRequest.getSessionRules();
    await declarativeNetRequest.updateSessionRules({ removeRuleIds: rules.map(({ id }) => id) });
  });
  hostile.beHonest();
  await page.goto(hostileUrl);
}

/** A ChatGPT sign-in on the good server, from start to end. */
async function signInOn({ browser, world, good, goodPage }: Stage): Promise<void> {
  const before = world.providers.chatgpt.exchanges.length;
  const url = await authorizeOn(good);
  const tab = await followLinkTo(browser, goodPage, url);
  // As for a person, who takes longer than the background, however busy that is kept: a program listens on port 1455 here, and in
  // Chromium gets what comes before the rule.
  await expect.poll(() => rulesWith({ browser }, new URL(url).searchParams.get('state') ?? '')).toBeGreaterThan(0);
  await tab.click(allow);
  expect(await waitForPhase(tab, 'completed')).toContain('on opencode.example.com');
  expect(world.providers.chatgpt.exchanges.slice(before)).toEqual(['ok']);
  await tab.close();
  // The clean-up comes half a second later, and belongs to no attack.
  const entries = async () => (await (await good.opencode.fetch('/mcp')).json()) as Record<string, { status: string }>;
  await expect.poll(async () => (await entries())['callback-courier']?.status ?? 'disabled').toBe('disabled');
}

/** The providers of two local programs send their responses, in a tab of their own. Answers what has to reach the programs. */
async function receiveLocalResponses({ local, localTab }: Stage, ofOther: string): Promise<string[]> {
  counter += 1;
  const code = `code=local_${counter}`;
  const urls = [
    `${local.origin}${ofOther.replace('code=local', code)}`,
    `http://localhost:1455/auth/callback?${code}&state=${newState()}`,
  ];
  for (const url of urls) {
    void localTab.goto(url).catch(() => {});
    await expect.poll(() => local.hits, 'what local programs got').toContain(url);
    // The next one would be lost if it began before this one was shown (Firefox).
    await expect.poll(() => localTab.url().catch(String), 'what their tab shows').toBe(url);
  }
  return urls;
}

/** What of anybody else's the hostile server, or its provider, was sent. */
function othersSecretsAt({ world, hostile, good }: Stage): string[] {
  const { chatgpt } = world.providers;
  const password = good.password ?? '';
  const secrets = [...chatgpt.secrets(), password, 'local_'];
  secrets.push(Buffer.from(`opencode:${password}`).toString('base64'));
  const sent = JSON.stringify(hostile.requests);
  const found = secrets.filter((secret) => (sent + hostile.visits.join()).includes(secret));
  // Its provider may be visited with a state that the server has named itself.
  return [...found, ...chatgpt.states.filter((state) => sent.includes(state))];
}

async function remains({ browser }: Stage): Promise<{ rules: string[]; stored: number }> {
  return browser.background(async ({ declarativeNetRequest, storage }) => ({
    rules: (await declarativeNetRequest.getSessionRules()).map((rule) => JSON.stringify(rule)),
    stored: JSON.stringify(await storage.session.get()).length,
  }));
}

function closeTabs({ browser }: Stage, ids: number[]): Promise<void> {
  return browser.background(({ tabs }, closed) => tabs.remove(closed), ids);
}
