import { browser } from 'wxt/browser';
import { type AuthorizationRequest, parseAuthorizationRequest } from '../oauth/authorizationRequest';
import { type Authorization, authorize } from '../opencode/authorize';
import type { Failure } from '../opencode/failure';
import { identifyServer } from '../opencode/identifyServer';
import { chatGpt, isSameTarget, type Target } from '../opencode/target';
import { lastDirectory } from '../opencode/webUi';
import { addServer, type ServerCheck } from '../servers/checkServer';
import { isLoopback, originOf, type ServerUrl } from '../servers/server';
import { type Addition, getServers } from '../servers/serverStore';
import { showBadge } from './badge';
import { armCaptureRule } from './captureRule';
import { forgetOfferedSignIn, getOfferedSignIn, offerSignIn } from './offeredSignIn';
import { announce } from './progress';
import type { SignIn } from './signIn';
import { changeSignIns } from './signInStore';
import { expectIn, failToArm, start, supersede } from './transitions';

/** A navigation to the provider, as `webRequest.onBeforeRequest` reports it. */
export interface ObservedRequest {
  url: string;
  tabId: number;
  /** Firefox: the URL of the page that started the navigation. */
  originUrl?: string | undefined;
  /** Chromium: its origin. Absent for typed and pasted URLs. */
  initiator?: string | undefined;
}

/** What is known of a sign-in when it starts. */
export interface StartedSignIn {
  server: ServerUrl;
  target: Target;
  request: AuthorizationRequest;
  /** The tabs that its response may come in; in any, when these are not known. */
  tabIds?: number[];
  /** For these two, see lib/sign-in/signIn.ts. */
  directory?: string | undefined;
  heldBy?: 'web-ui' | undefined;
}

/** Settles when every sign-in that was seen to start so far has been dealt with. */
let dealtWith: Promise<unknown> = Promise.resolve();

/** A sign-in was seen to start: a response may come before it is written down, and then waits for that. */
export function dealWith(started: Promise<void>): Promise<void> {
  // Without the results: each would hold all that came before it.
  dealtWith = Promise.allSettled([dealtWith, started]).then(() => undefined);
  return started;
}

/** Waits until the sign-ins that have been seen to start are known: a provider may answer sooner than that. */
export async function untilStartsAreKnown(): Promise<void> {
  await dealtWith;
}

/** Watches a ChatGPT sign-in that started on one of the user's servers: from now on its response is captured. */
export function onAuthorizationRequest(observed: ObservedRequest): Promise<void> {
  return dealWith(watchSignIn(observed));
}

async function watchSignIn(observed: ObservedRequest): Promise<void> {
  const request = parseAuthorizationRequest(observed.url);
  // Without a state, nothing would tell this sign-in from another to the same redirect URI.
  if (!request?.state) return;
  const server = await serverThatStarted(observed);
  if (server) await startChatGptSignIn(server, request, observed.tabId);
  else if (await isForAnotherMachine(observed)) await offer(request, observed);
}

async function offer(request: AuthorizationRequest, { tabId, originUrl, initiator }: ObservedRequest): Promise<void> {
  await offerSignIn(request, tabId, originUrl ?? initiator ?? '');
  await showBadge();
}

/**
 * Whether a sign-in that no known server started is opencode's, and started on a page of another machine. One that a program
 * on this machine opened has no page that it started on, and its tab has no opener: that one is left alone.
 */
async function isForAnotherMachine({ url, tabId, originUrl, initiator }: ObservedRequest): Promise<boolean> {
  if (new URL(url).searchParams.get('originator') !== 'opencode') return false;
  const page = originUrl ?? initiator;
  if (page !== undefined) return /^https?:/.test(page) && !isLoopback(new URL(page).hostname);
  const tab = await browser.tabs.get(tabId).catch(() => undefined);
  return tab?.openerTabId !== undefined;
}

/** Adds a server, and lets the offered sign-in go on there if that was what the user added it for. */
export async function add({ url, finishOffered }: Addition): Promise<ServerCheck> {
  const check = await addServer(url);
  if (finishOffered && (check.kind === 'found' || check.kept)) await takeOfferedSignIn(check.url);
  return check;
}

/**
 * Takes the sign-in that was offered, for the server that the user says it started on: from now on its response is
 * captured. @returns whether there was one
 */
export async function takeOfferedSignIn(server: ServerUrl): Promise<boolean> {
  const offered = await getOfferedSignIn();
  if (!offered) return false;
  await forgetOfferedSignIn();
  await startChatGptSignIn(server, offered.request, offered.tabId);
  return true;
}

async function startChatGptSignIn(server: ServerUrl, request: AuthorizationRequest, tabId: number): Promise<void> {
  const directory = await lastDirectory(server);
  await startSignIn({ server, target: chatGpt, request, tabIds: [tabId], directory });
}

/**
 * Starts a sign-in on a server for the user, in a new tab.
 * @returns why not, if it could not be started
 */
export async function signInOn(server: ServerUrl, target: Target): Promise<Failure | undefined> {
  const identification = await identifyServer(server);
  if (identification.kind === 'failure') return identification.failure;
  const authorization = await authorize(identification.server, target);
  if ('name' in authorization) return authorization;
  await openSignIn(authorization, { server, target });
  return undefined;
}

/** Opens the provider in a new tab, for a sign-in that a server has begun to wait for. */
export async function openSignIn(
  { url, request }: Authorization,
  started: Omit<StartedSignIn, 'request' | 'tabIds'>,
): Promise<void> {
  // First the rule, since a provider may answer at once; then the tab, and from then on in that tab only. Not an empty tab
  // that is led to the provider later: under a debugger, that crashes one tab in a hundred (Chromium 156).
  await startSignIn({ ...started, request });
  const tab = await browser.tabs.create({ url });
  await startSignIn({ ...started, request, tabIds: [tab.id ?? browser.tabs.TAB_ID_NONE] });
}

/** The sign-in that an authorization request belongs to, if it was seen before. */
export function findSignIn(signIns: SignIn[], { redirectUri, state }: AuthorizationRequest): SignIn | undefined {
  return signIns.find(
    (signIn) => 'armed' in signIn && signIn.armed?.redirectUri === redirectUri && signIn.armed.state === state,
  );
}

/**
 * Remembers a sign-in and arms its capture rule. The same request again, in this tab or another, is the same sign-in.
 * @returns its id
 */
export async function startSignIn(given: StartedSignIn): Promise<string> {
  const { server, target, request, tabIds, directory, heldBy } = given;
  let id: string = crypto.randomUUID();
  const changed = await changeSignIns(async (all) => {
    const known = findSignIn(all, request);
    if (known) {
      id = known.id;
      const more = tabIds ? await expectAndArm(known, tabIds) : known;
      return all.map((signIn) => (signIn === known ? more : signIn));
    }
    const ruleId = 1 + Math.max(0, ...all.map((signIn) => ('armed' in signIn && signIn.armed?.ruleId) || 0));
    const now = Date.now();
    const armed = { ...request, ruleId, tabIds, directory };
    const started = start({ id, server, target, heldBy, armed, now });
    // Without a tab there is nothing to catch: the response is there already, or the link was not followed yet.
    const isArmed =
      tabIds?.length === 0 ||
      (await armCaptureRule(armed).then(
        () => true,
        () => false,
      ));
    const older = all.map((other) =>
      other.server === server && isSameTarget(other.target, target) ? supersede(other, now) : other,
    );
    return [...older, isArmed ? started : failToArm(started, now)];
  });
  await announce(changed);
  return id;
}

async function expectAndArm(signIn: SignIn, tabIds: number[]): Promise<SignIn> {
  const more = expectIn(signIn, tabIds);
  if (more !== signIn && 'armed' in more && more.armed) await armCaptureRule(more.armed);
  return more;
}

/** The one server whose page started a navigation. Two servers at one origin cannot be told apart by it: then none. */
async function serverThatStarted({ originUrl, initiator }: ObservedRequest): Promise<ServerUrl | undefined> {
  const origin = originOf(originUrl ?? initiator ?? '');
  const servers = (await getServers()).filter((server) => originOf(server.url) === origin);
  const byPath = originUrl ? servers.filter((server) => `${originUrl}/`.startsWith(`${server.url}/`)) : servers;
  return byPath.length === 1 ? byPath[0]?.url : undefined;
}
