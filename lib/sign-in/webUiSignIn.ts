/**
 * Sign-ins that are started in opencode's web UI. The providers' pages, but for ChatGPT's, are nothing that the extension may
 * see, so it learns redirect URI and state on the server's own side: from the link in opencode's page, and for an MCP server,
 * whose URL no page is told, from the server's events.
 */

import * as z from 'zod/mini';
import { pause } from '../browser/pause';
import { type Page, runInPage } from '../browser/runInPage';
import { hearAuthorization } from '../methods/authorizationEvent';
import { type Authorization, plainHostOf } from '../methods/authorize';
import { capabilitiesOf, isOwnChatGpt, isSameTarget, pathOf, seenMethod } from '../methods/capabilities';
import { readLabel } from '../methods/catalogue';
import { findWebUiStart, noteMore, noteWebUiStart, targetOf, type WebUiStart, webUiStarts } from '../methods/webUi';
import { type AuthorizationRequest, isBoundByState, parseAuthorizationRequest } from '../oauth/authorizationRequest';
import { backgroundChannel } from '../opencode/backgroundChannel';
import { authorizationFor } from '../opencode/session';
import { isOwnCall, tabChannel } from '../opencode/tabChannel';
import { pagesOf } from '../servers/serverTab';
import type { ServerUrl } from '../servers/serverUrl';
import type { SignIn } from './signIn';
import { getSignIns } from './signInStore';
import { dealWith, findByState, findSignIn, openSignIn, startSignIn } from './startSignIn';
import { thenSweep } from './sweep';

/**
 * The web UI asks its server for a sign-in. Settles as soon as what the server says of it will be heard: an event that was missed
 * does not come again, so Firefox holds the request until then.
 */
export async function onWebUiStart(request: Parameters<typeof noteWebUiStart>[0]): Promise<void> {
  const noted = await noteWebUiStart(request);
  if (!noted) return;
  const { server, start } = noted;
  const target = targetOf(start);
  if (!target || !capabilitiesOf(target).isToldInEvent) return;
  // The extension's own request leaves at once; the tab, which may be busy with its page, has every login.
  const channels = [backgroundChannel(server, await authorizationFor(server)), tabChannel(server, request, undefined)];
  const heard = channels.map(async (channel) => (await hearAuthorization(channel, server, target)) ?? Promise.reject());
  // The browser to open is this one. One start opens one tab.
  const open = (authorization: Authorization) =>
    openSignIn(authorization, { server, target, directory: start.directory, heldBy: 'web-ui' });
  void Promise.any(heard).then(thenSweep(open), () => {});
}

/** The server has answered with the URL of a sign-in: what the web UI makes of it is looked at. */
export function onWebUiStarted(answer: Parameters<typeof findWebUiStart>[0] & { statusCode: number }): Promise<void> {
  return answer.statusCode === 200 && !isOwnCall(answer) ? dealWith(watchLink(answer)) : Promise.resolve();
}

async function watchLink(answer: Parameters<typeof findWebUiStart>[0]): Promise<void> {
  const found = await findWebUiStart(answer);
  const named = found && targetOf(found.start);
  if (!named) return;
  const { server, start } = found;
  const isChatGpt = isSameTarget(named, seenMethod);
  const [read, label] = await Promise.all([
    readLink(server, start, answer),
    isChatGpt ? seenMethod.label : readLabel(tabChannel(server, answer, undefined), named),
  ]);
  const { request, takes } = read ?? {};
  // opencode's own goes to its listener, whatever else the page may have a field for.
  const isOwn = isOwnChatGpt({ target: named, originator: request?.originator });
  const target = isOwn ? seenMethod : targetOf({ ...start, label }, takes);
  // Which tab the link will be opened in is not seen, so without a state (Poe) nothing would bind the response to this
  // sign-in: that one is offered when it has come back. See lib/sign-in/unclaimedResponse.ts.
  const isBound = request && isBoundByState(request);
  await noteMore(server, start.path, { label, redirectUri: isChatGpt || isBound ? undefined : request?.redirectUri });
  if (!target || !isBound) return;
  await startSignIn(request, {
    ...{ server, target, directory: start.directory },
    // The tabs of ChatGPT's are seen at the provider, also those that the link is pasted into.
    binding: isChatGpt ? { kind: 'tabs', tabIds: [] } : { kind: 'state' },
    heldBy: isOwn ? undefined : 'web-ui',
  });
}

const LINK_ATTEMPTS = 50;
const ATTEMPTS_FOR_BOUND = 10;
const PAUSE_BETWEEN_ATTEMPTS_MS = 100;
/** One that is busy showing the link, on a slow machine, answers after a while: five times of silence are the end. */
const ATTEMPTS_OF_SILENCE = LINK_ATTEMPTS / 5;
/** What stands for a field that a code is to be pasted into, which has no URL. */
const FIELD = '';
/** opencode's page shows one such link, and may hold those of earlier sign-ins. */
const MOST_LINKS = 200;

/**
 * The authorization request of the link that opencode's page shows soon after, unless it belongs to an earlier sign-in; and
 * whether the page has a field beside it that the code is to be pasted into.
 */
async function readLink(
  server: ServerUrl,
  { path, at }: WebUiStart,
  page: Page,
): Promise<{ request: AuthorizationRequest; takes: 'code' | undefined } | undefined> {
  // What was another sign-in's once stays that, also when that has ended meanwhile: a page can show any link.
  const ofOthers = new Set<string>();
  for (let attempt = 1; attempt <= LINK_ATTEMPTS; attempt += 1) {
    const links = await linksOf(server, page);
    if (!links) attempt += ATTEMPTS_OF_SILENCE - 1;
    const [signIns, starts] = await Promise.all([getSignIns(), webUiStarts(server)]);
    // It was forgotten, or started once more: what is shown from now on is another's.
    if (!starts.some((start) => start.at === at)) return undefined;
    const takes = links?.includes(FIELD) ? 'code' : undefined;
    const requests = (links ?? []).flatMap((link) => parseAuthorizationRequest(link, plainHostOf(server)) ?? []);
    // ChatGPT's request may have been seen at the provider meanwhile: then no other link is its. Of another method, an earlier
    // start may be written down only now.
    const isThis = (one: SignIn) => one.server === server && pathOf(one.target) === path && one.startedAt >= at;
    const seen = path === pathOf(seenMethod) ? signIns.filter(isThis) : [];
    if (seen.length > 0) {
      const request = requests.find((one) => findSignIn(seen, one));
      return request && { request, takes };
    }
    const isOthers = (one: AuthorizationRequest) =>
      starts.some((start) => start.path !== path && start.redirectUri === one.redirectUri);
    for (const one of requests) if (findByState(signIns, one)) ofOthers.add(keyOf(one));
    const unknown = requests.filter((one) => !ofOthers.has(keyOf(one)) && !isOthers(one));
    // One that its state binds is this start's. Any other may be that of an earlier one, and this one's may not be there yet.
    const request = unknown.findLast(isBoundByState) ?? (attempt > ATTEMPTS_FOR_BOUND ? unknown[0] : undefined);
    if (request) return { request, takes };
    await pause(PAUSE_BETWEEN_ATTEMPTS_MS);
  }
  return undefined;
}

function keyOf({ redirectUri, state }: AuthorizationRequest): string {
  return `${redirectUri} ${state}`;
}

/** @returns undefined when the tab was closed, hangs, or shows another page by now, whose links are none of this server's */
async function linksOf(server: ServerUrl, page: Page): Promise<string[] | undefined> {
  const shown = await runInPage(page, linksOfPage, MOST_LINKS);
  const [url, ...links] = z.array(z.string()).safeParse(shown).data ?? [];
  return (await pagesOf(server))({ url }) ? links : undefined;
}

/** Injected into opencode's page, so it stands alone. @returns the page's own URL, and those of its links and text fields */
function linksOfPage(most: number): string[] {
  const field = 'form input[name=code]';
  const shown = document.querySelectorAll(`[href*="redirect_uri="], [value*="redirect_uri="], ${field}`);
  const linkOf = (one: Element) =>
    one.matches(field) ? '' : (one.getAttribute('href') ?? one.getAttribute('value') ?? '');
  return [location.href, ...[...shown].slice(-most).map(linkOf)];
}
