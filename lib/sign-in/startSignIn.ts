import { browser } from 'wxt/browser';
import { type AuthorizationRequest, parseAuthorizationRequest } from '../oauth/authorizationRequest';
import type { CallbackUrl } from '../oauth/authorizationResponse';
import { authorize } from '../opencode/authorize';
import { lastDirectory } from '../opencode/directory';
import type { Failure } from '../opencode/failure';
import { identifyServer } from '../opencode/identifyServer';
import { addServer, type ServerCheck } from '../servers/checkServer';
import { isLoopback, originOf, type ServerUrl } from '../servers/server';
import { type Addition, getServers } from '../servers/serverStore';
import { showBadge } from './badge';
import { armCaptureRule } from './captureRule';
import { forgetOfferedSignIn, getOfferedSignIn, offerSignIn } from './offeredSignIn';
import { advance, announce } from './progress';
import { changeSignIns } from './signInStore';
import { capture, expectIn, failToArm, start, supersede } from './transitions';

/** A navigation to the provider, as `webRequest.onBeforeRequest` reports it. */
export interface ObservedRequest {
  url: string;
  tabId: number;
  /** Firefox: the URL of the page that started the navigation. */
  originUrl?: string | undefined;
  /** Chromium: its origin. Absent for typed and pasted URLs. */
  initiator?: string | undefined;
}

/** Settles when every authorization request that was seen so far has been dealt with. */
let dealtWith: Promise<unknown> = Promise.resolve();

/** Watches a sign-in that started on one of the user's servers: from now on its response is captured. */
export function onAuthorizationRequest(observed: ObservedRequest): Promise<void> {
  const started = watchSignIn(observed);
  dealtWith = Promise.allSettled([dealtWith, started]);
  return started;
}

/** Waits until the sign-ins that have been seen to start are known: a provider may answer sooner than that. */
export async function untilStartsAreKnown(): Promise<void> {
  await dealtWith;
}

async function watchSignIn(observed: ObservedRequest): Promise<void> {
  const request = parseAuthorizationRequest(observed.url);
  if (!request) return;
  const server = await serverThatStarted(observed);
  if (server) await startSignIn(server, 'openai', request, [observed.tabId]);
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
  await startSignIn(server, 'openai', offered.request, [offered.tabId]);
  return true;
}

/**
 * Starts a ChatGPT sign-in on a server for the user, in a new tab.
 * @returns why not, if it could not be started
 */
export async function signInOn(server: ServerUrl): Promise<Failure | undefined> {
  const identification = await identifyServer(server);
  if (identification.kind === 'failure') return identification.failure;
  const authorization = await authorize(identification.server, 'openai');
  if ('name' in authorization) return authorization;
  // First the tab, then the rule for it, then the login: a provider may answer at once.
  const tab = await browser.tabs.create({ url: 'about:blank' });
  await startSignIn(server, 'openai', authorization.request, [tab.id ?? browser.tabs.TAB_ID_NONE]);
  await browser.tabs.update(tab.id, { url: authorization.url });
  return undefined;
}

/** Takes a response that the user sends to a server: a sign-in that starts captured. @returns its id */
export async function adoptSignIn(
  server: ServerUrl,
  provider: string,
  request: AuthorizationRequest,
  callbackUrl: CallbackUrl,
): Promise<string> {
  const id = await startSignIn(server, provider, request, []);
  await advance(id, (signIn) => capture(signIn, callbackUrl, Date.now()));
  return id;
}

/**
 * Remembers a sign-in and arms its capture rule. The same request again, in this tab or another, is the same sign-in.
 * @returns its id
 */
async function startSignIn(
  server: ServerUrl,
  provider: string,
  request: AuthorizationRequest,
  tabIds: number[],
): Promise<string> {
  let id: string = crypto.randomUUID();
  const changed = await changeSignIns(async (all) => {
    const known = all.find((signIn) => 'armed' in signIn && signIn.armed?.state === request.state);
    if (known) {
      id = known.id;
      const more = expectIn(known, tabIds);
      if (more !== known && 'armed' in more && more.armed) await armCaptureRule(more.armed);
      return all.map((signIn) => (signIn === known ? more : signIn));
    }
    const ruleId = 1 + Math.max(0, ...all.map((signIn) => ('armed' in signIn && signIn.armed?.ruleId) || 0));
    const now = Date.now();
    const armed = { ...request, ruleId, tabIds, directory: await lastDirectory(server) };
    const started = start({ id, server, provider, armed, now });
    // A response that is there already needs no rule.
    const isArmed =
      tabIds.length === 0 ||
      (await armCaptureRule(armed).then(
        () => true,
        () => false,
      ));
    const older = all.map((other) =>
      other.server === server && other.provider === provider ? supersede(other, now) : other,
    );
    return [...older, isArmed ? started : failToArm(started, now)];
  });
  await announce(changed);
  return id;
}

/** The one server whose page started a navigation. Two servers at one origin cannot be told apart by it: then none. */
async function serverThatStarted({ originUrl, initiator }: ObservedRequest): Promise<ServerUrl | undefined> {
  const origin = originOf(originUrl ?? initiator ?? '');
  const servers = (await getServers()).filter((server) => originOf(server.url) === origin);
  const byPath = originUrl ? servers.filter((server) => `${originUrl}/`.startsWith(`${server.url}/`)) : servers;
  return byPath.length === 1 ? byPath[0]?.url : undefined;
}
