import { browser } from 'wxt/browser';
import { defineBackground } from 'wxt/utils/define-background';
import { holdingRequests, unchanged } from '@/lib/browser/differences';
import { stayAwake } from '@/lib/browser/stayAwake';
import { wayTo } from '@/lib/delivery/way';
import { onMessage, sendMessage } from '@/lib/messages';
import { seenRequests } from '@/lib/methods/capabilities';
import { readCatalogue } from '@/lib/methods/catalogue';
import { changeCredentials, checkServer } from '@/lib/methods/checkServer';
import { endPatterns, noteMethod, noteOutcomeRequest, noteWebUiEnd, startPatterns } from '@/lib/methods/webUi';
import { takeCall } from '@/lib/opencode/heldCalls';
import { rememberServers } from '@/lib/servers/serverMemory';
import { lookAtSignIns, showBadge } from '@/lib/sign-in/badge';
import {
  callbackNavigationPatterns,
  captureResponse,
  failedNavigationPatterns,
  onCallbackNavigation,
  onFailedNavigation,
} from '@/lib/sign-in/captureResponse';
import { callbackUrlOf, deliverSignIn, handOverSignIn, rehearse } from '@/lib/sign-in/deliverSignIn';
import { tellPagesBy } from '@/lib/sign-in/progress';
import { viewSignIn } from '@/lib/sign-in/signInStore';
import {
  add,
  addPending,
  isTaken,
  onAuthorizationRequest,
  signInOn,
  takeOfferedSignIn,
} from '@/lib/sign-in/startSignIn';
import { forgetOthers, onAlarm, thenSweep } from '@/lib/sign-in/sweep';
import { claimFor, describeUnclaimed, forgetUnclaimed } from '@/lib/sign-in/unclaimedResponse';
import { onWebUiStart, onWebUiStarted } from '@/lib/sign-in/webUiSignIn';
import { keepFromPages } from '@/lib/storage';

export default defineBackground(() => {
  keepFromPages();
  rememberServers(thenSweep(forgetOthers));
  // Rejects when no page is open to hear it.
  tellPagesBy((signIn) => void sendMessage('signInChanged', signIn).catch(() => {}));

  const { webRequest } = browser;
  const requests = { urls: [seenRequests], types: ['main_frame' as const] };
  const starts = { urls: startPatterns, types: ['xmlhttprequest' as const] };
  const ends = { urls: endPatterns, types: ['xmlhttprequest' as const] };
  const failures = { urls: failedNavigationPatterns, types: ['main_frame' as const] };
  const callbacks = { urls: callbackNavigationPatterns, types: ['main_frame' as const] };
  webRequest.onBeforeRequest.addListener(unchanged(thenSweep(onAuthorizationRequest)), requests, holdingRequests);
  webRequest.onBeforeRequest.addListener(noteMethod, starts, ['requestBody']);
  webRequest.onBeforeSendHeaders.addListener(unchanged(onWebUiStart), starts, ['requestHeaders', ...holdingRequests]);
  webRequest.onCompleted.addListener(thenSweep(onWebUiStarted), starts);
  webRequest.onBeforeSendHeaders.addListener(unchanged(noteOutcomeRequest), ends);
  webRequest.onCompleted.addListener((details) => noteWebUiEnd(details, details), ends, ['responseHeaders']);
  webRequest.onErrorOccurred.addListener((details) => noteWebUiEnd(details), ends);
  webRequest.onErrorOccurred.addListener(thenSweep(onFailedNavigation), failures);
  webRequest.onBeforeRequest.addListener(unchanged(thenSweep(onCallbackNavigation)), callbacks);

  // The page that asks is the navigation: its tab is where the response came.
  onMessage('captureResponse', (parameters, { tab }) => captureResponse(parameters, tab?.id));
  onMessage('readCatalogue', readCatalogue);
  onMessage('isTaken', isTaken);
  onMessage('signInOn', thenSweep(signInOn));
  onMessage('takeOfferedSignIn', thenSweep(takeOfferedSignIn));
  onMessage('deliverSignIn', thenSweep(deliverSignIn));
  onMessage('getSignIn', viewSignIn);
  onMessage('getSignIns', lookAtSignIns);
  onMessage('callbackUrlOf', callbackUrlOf);
  onMessage('handOverSignIn', handOverSignIn);
  onMessage('wayTo', wayTo);
  onMessage('rehearse', (server) => stayAwake(rehearse(server)));
  onMessage('takeCall', (id, { url }) => takeCall(id, url));
  onMessage('describeUnclaimed', describeUnclaimed);
  onMessage('claimFor', thenSweep(claimFor));
  onMessage('forgetUnclaimed', forgetUnclaimed);
  onMessage('addServer', thenSweep(add));
  onMessage('checkServer', checkServer);
  onMessage('saveCredentials', ({ url, credentials }) => changeCredentials(url, credentials));

  browser.permissions.onAdded.addListener(thenSweep(addPending));
  browser.alarms.onAlarm.addListener(onAlarm);
  browser.runtime.onInstalled.addListener(({ reason }) => {
    if (reason === 'install') void browser.tabs.create({ url: browser.runtime.getURL('/welcome.html') });
  });
  // Chromium remembers the mark on the icon over a restart; the sign-ins that it was for are forgotten.
  browser.runtime.onStartup.addListener(showBadge);
});
