/** Where every state of the extension's pages is brought about: one browser, and two real servers. */
import type { ServerResponse } from 'node:http';
import type { SignIn } from '../../lib/sign-in/signIn.ts';
import type { BrowserDriver, Tab } from '../drivers/driver.ts';
import type { RemoteServer, World } from '../world/world.ts';

export interface Stage {
  browser: BrowserDriver;
  world: World;
  /** An open server. */
  server: RemoteServer;
  /** A server with a password. */
  locked: RemoteServer;
}

export interface Scene extends Stage {
  /** The tab that shows the state. */
  tab: Tab;
}

export interface State {
  /** What is to be seen; also the name of its picture and of its snapshot. */
  name: string;
  page: 'popup' | 'callback' | 'welcome' | 'options';
  enter(scene: Scene): Promise<void>;
  /** Undoes what `reset` does not. */
  leave?(scene: Scene): Promise<void>;
}

/** Answers that are held back, until the next state begins. */
const held: ServerResponse[] = [];
let isDelivering = false;

export async function createStage(world: World, browser: BrowserDriver): Promise<Stage> {
  const server = await world.addServer('opencode.example.com');
  const locked = await world.addServer('team.example.com', { password: 'correct-horse' });
  return { browser, world, server, locked };
}

/** Makes the extension forget everything, and the servers answer. */
export async function reset({ browser, server, locked, tab }: Scene): Promise<void> {
  await tab.goto('about:blank');
  await tab.resize(1280, 800);
  for (const { reverseProxy } of [server, locked]) reverseProxy.intercept = undefined;
  for (const response of held.splice(0)) response.destroy();
  // What waited for an answer writes down how it ended; not over what comes next.
  while (isDelivering && (await isUnderWay(browser)));
  isDelivering = false;
  await browser.background(async ({ storage, tabs }) => {
    // A server's page that a state has opened: the next one's popup would speak of it.
    const opened = await tabs.query({ url: 'https://*.example.com/*' });
    await tabs.remove(opened.map(({ id }) => id ?? 0));
    // The sign-ins before the servers: those of a removed server would be written down as such.
    await storage.session.clear();
    await storage.local.clear();
    await storage.sync.clear();
  });
}

/** Opens one of the extension's pages in the scene's tab. */
export async function show({ browser, tab }: Scene, page: string): Promise<void> {
  await tab.goto(browser.extensionUrl(page));
  await tab.bringToFront();
}

/** What adding each of these servers, and calling some by a name, would leave in the extension's storage. */
export async function seedServers({ browser }: Scene, servers: { url: string; name?: string }[]): Promise<void> {
  const items = servers.map((server, addedAt) => [`server:${server.url}`, { version: 1, addedAt, server }]);
  await browser.background(({ storage }, value) => storage.sync.set(value), Object.fromEntries(items));
}

/** What sign-ins that came this far would leave there. */
export async function seedSignIns({ browser }: Scene, signIns: SignIn[]): Promise<void> {
  const items = Object.fromEntries(signIns.map((signIn) => [`sign-in:${signIn.id}`, signIn]));
  await browser.background(({ storage }, value) => storage.session.set(value), items);
}

/** Whether a sign-in is on its way to its server. */
function isUnderWay(browser: BrowserDriver): Promise<boolean> {
  return browser.background(async ({ storage }) => {
    const items = Object.values((await storage.session.get()) as Record<string, { phase?: string }>);
    return items.some(({ phase }) => phase === 'captured' || phase === 'delivering');
  });
}

/** Holds the delivery of a sign-in back: everything that its server is asked, or only this URL. */
export function holdDelivery(server: RemoteServer, url?: string): void {
  isDelivering = true;
  holdAnswers(server, url);
}

/** Lets a server take requests and never answer them; those with this URL only, if one is given. */
export function holdAnswers(server: RemoteServer, url?: string): void {
  server.reverseProxy.intercept = (request, response) => {
    if (url !== undefined && request.url !== url) return false;
    held.push(response);
    return true;
  };
}
