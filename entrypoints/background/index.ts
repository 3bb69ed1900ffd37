import { browser } from 'wxt/browser';
import { defineBackground } from 'wxt/utils/define-background';
import { wayTo } from '@/lib/delivery/way';
import { onMessage, sendMessage } from '@/lib/messages';
import { seenRequests } from '@/lib/methods/capabilities';
import { checkServer } from '@/lib/methods/checkServer';
import { listSignInOptions } from '@/lib/methods/signInOptions';
import {
  endPatterns,
  forgetStartsOfOthers,
  noteOutcomeRequest,
  noteWebUiEnd,
  startPatterns,
} from '@/lib/methods/webUi';
import { takeCall } from '@/lib/opencode/heldCalls';
import { DROP_UNUSED_HOSTS, dropUnusedHosts } from '@/lib/servers/hostPermission';
import { rememberServers } from '@/lib/servers/serverMemory';
import { forgetCredentialsOfOthers, getPendingAddition, getServers, saveCredentials } from '@/lib/servers/serverStore';
import type { ServerUrl } from '@/lib/servers/serverUrl';
import { noteLook, showBadge } from '@/lib/sign-in/badge';
import {
  callbackNavigationPatterns,
  captureResponse,
  failedNavigationPatterns,
  onCallbackNavigation,
  onFailedNavigation,
} from '@/lib/sign-in/captureResponse';
import { callbackUrlOf, deliverSignIn, handOverSignIn } from '@/lib/sign-in/deliverSignIn';
import { offerExpiry } from '@/lib/sign-in/offeredSignIn';
import { abandonSignInsOfOthers, nextSweep, sweep, tellPagesBy } from '@/lib/sign-in/progress';
import { viewOf } from '@/lib/sign-in/signIn';
import { getSignIn, getSignIns } from '@/lib/sign-in/signInStore';
import { add, onAuthorizationRequest, signInOn, takeOfferedSignIn } from '@/lib/sign-in/startSignIn';
import {
  claimFor,
  describeUnclaimed,
  forgetOldUnclaimed,
  forgetUnclaimed,
  nextUnclaimedExpiry,
} from '@/lib/sign-in/unclaimedResponse';
import { onWebUiStart, onWebUiStarted } from '@/lib/sign-in/webUiSignIn';
import { keepFromPages } from '@/lib/storage';

const SWEEP = 'sweep';

export default defineBackground(() => {
  const { webRequest } = browser;
  rememberServers((servers) => void forgetOthers(servers).then(scheduleSweep));
  keepFromPages();
  // Rejects when no page is open to hear it.
  tellPagesBy((signIn) => void sendMessage('signInChanged', signIn).catch(() => {}));
  webRequest.onBeforeRequest.addListener(
    async (details) => {
      await onAuthorizationRequest(details);
      await scheduleSweep();
      return {};
    },
    { urls: [seenRequests], types: ['main_frame'] },
    // Firefox holds the request until its response can be captured. Chromium cannot; see onFailedNavigation.
    import.meta.env.FIREFOX ? ['blocking'] : [],
  );
  webRequest.onBeforeSendHeaders.addListener(
    (details) => void onWebUiStart(details).then(scheduleSweep),
    { urls: startPatterns, types: ['xmlhttprequest'] },
    ['requestHeaders'],
  );
  webRequest.onCompleted.addListener((details) => void onWebUiStarted(details).then(scheduleSweep), {
    urls: startPatterns,
    types: ['xmlhttprequest'],
  });
  const endings = { urls: endPatterns, types: ['xmlhttprequest' as const] };
  webRequest.onBeforeSendHeaders.addListener((details) => void noteOutcomeRequest(details), endings);
  webRequest.onCompleted.addListener((details) => void noteWebUiEnd(details, details), endings, ['responseHeaders']);
  webRequest.onErrorOccurred.addListener((details) => void noteWebUiEnd(details), endings);
  webRequest.onErrorOccurred.addListener((details) => void onFailedNavigation(details).then(scheduleSweep), {
    urls: failedNavigationPatterns,
    types: ['main_frame'],
  });
  webRequest.onBeforeRequest.addListener((details) => void onCallbackNavigation(details).then(scheduleSweep), {
    urls: callbackNavigationPatterns,
    types: ['main_frame'],
  });

  // The page that asks is the navigation: its tab is where the response came.
  onMessage('captureResponse', (parameters, { tab }) => captureResponse(parameters, tab?.id));
  onMessage('signInOptions', listSignInOptions);
  onMessage('signInOn', ({ server, target }) => thenSchedule(signInOn(server, target)));
  onMessage('takeOfferedSignIn', (server) => thenSchedule(takeOfferedSignIn(server)));
  onMessage('deliverSignIn', (id) => thenSchedule(deliverSignIn(id)));
  onMessage('getSignIn', async (id) => {
    const signIn = await getSignIn(id);
    return signIn && viewOf(signIn);
  });

  onMessage('getSignIns', async () => {
    await noteLook();
    return (await getSignIns()).map(viewOf).sort((a, b) => b.startedAt - a.startedAt);
  });
  onMessage('callbackUrlOf', callbackUrlOf);
  onMessage('handOverSignIn', handOverSignIn);
  onMessage('wayTo', wayTo);
  onMessage('takeCall', (id, { tab }) => takeCall(id, tab?.id));
  onMessage('describeUnclaimed', describeUnclaimed);
  onMessage('claimFor', ({ id, server }) => thenSchedule(claimFor(id, server)));
  onMessage('forgetUnclaimed', forgetUnclaimed);

  onMessage('addServer', (addition) => thenSchedule(add(addition)));
  onMessage('checkServer', checkServer);
  onMessage('saveCredentials', async ({ url, credentials }) => {
    await saveCredentials(url, credentials);
    return checkServer(url);
  });

  // Firefox closes the popup while it asks for a permission: what the popup began is finished here.
  browser.permissions.onAdded.addListener(async () => {
    const pending = await getPendingAddition();
    if (pending) await add(pending);
    await scheduleSweep();
  });

  browser.alarms.onAlarm.addListener(async ({ name }) => {
    if (name === DROP_UNUSED_HOSTS) return dropUnusedHosts(await getServers());
    await sweep(Date.now());
    await forgetOldUnclaimed();
    await scheduleSweep();
  });
  browser.runtime.onInstalled.addListener(({ reason }) => {
    if (reason === 'install') void browser.tabs.create({ url: browser.runtime.getURL('/welcome.html') });
  });
  // Chromium remembers the mark on the icon over a restart; the sign-ins that it was for are forgotten.
  browser.runtime.onStartup.addListener(showBadge);
});

/** What belongs to servers that are gone is dropped, whoever removed them. */
async function forgetOthers(servers: ServerUrl[]): Promise<void> {
  await Promise.all([
    abandonSignInsOfOthers(servers),
    forgetStartsOfOthers(servers),
    forgetCredentialsOfOthers(servers),
  ]);
}

/** Waits for what may move a sign-in, and schedules the next sweep. */
async function thenSchedule<T>(moving: Promise<T>): Promise<T> {
  const result = await moving;
  await scheduleSweep();
  return result;
}

async function scheduleSweep(): Promise<void> {
  const times = [await nextSweep(), await nextUnclaimedExpiry(), await offerExpiry()].filter(
    (time) => time !== undefined,
  );
  const due = Math.min(...times);
  if (times.length === 0) await browser.alarms.clear(SWEEP);
  else browser.alarms.create(SWEEP, { when: Math.max(due, Date.now()) + 1_000 });
}
