import { browser } from 'wxt/browser';
import { hostPattern } from '../servers/hostPermission';
import type { ServerUrl } from '../servers/server';
import type { ApiAnswer, Channel } from './channel';
import { fetchAnswer, fetchCall } from './fetchAnswer';

/**
 * A channel by the extension's own fetch, with the browser's cookies for the server. Chromium also uses the Basic
 * credentials that the user gave this session; Firefox does not, and answers 401.
 */
export function backgroundChannel(serverUrl: ServerUrl, authorization: string | undefined): Channel {
  return {
    kind: 'background',
    async send(request) {
      const call = fetchCall(serverUrl, request, authorization);
      const networkError = watchNetworkError(serverUrl, call.url);
      const answer = await fetchAnswer(call);
      return explain(answer, networkError.stop());
    },
  };
}

/** `fetch` says only that it failed; the browser's own error name tells a refused certificate from a dead host. */
function watchNetworkError(serverUrl: ServerUrl, url: string): { stop(): string } {
  let name = '';
  const listener = (details: { url: string; error: string }) => {
    if (details.url === url) name = details.error;
  };
  browser.webRequest.onErrorOccurred.addListener(listener, { urls: [hostPattern(serverUrl)], types: ['xmlhttprequest'] });
  return {
    stop() {
      browser.webRequest.onErrorOccurred.removeListener(listener);
      return name;
    },
  };
}

function explain(answer: ApiAnswer, networkError: string): ApiAnswer {
  const certificate = /ERR_CERT|ERR_SSL|SEC_ERROR|SSL_ERROR|MOZILLA_PKIX/.test(networkError);
  return answer.kind === 'failed' && certificate ? { kind: 'failed', reason: 'certificate' } : answer;
}
