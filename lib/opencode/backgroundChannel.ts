import { browser } from 'wxt/browser';
import { isCertificateError } from '../browser/differences';
import { hostPattern } from '../servers/hostPermission';
import type { ServerUrl } from '../servers/serverUrl';
import type { Channel } from './channel';
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
      if (answer.kind === 'failed' && answer.reason === 'network' && isCertificateError(await networkError.name())) {
        return { kind: 'failed', reason: 'certificate' };
      }
      networkError.stop();
      return answer;
    },
  };
}

/** The browser reports the error to `webRequest` right after `fetch` has failed. */
const NETWORK_ERROR_WAIT_MS = 1_000;

/** `fetch` says only that it failed; the browser's own error name tells a refused certificate from a dead host. */
function watchNetworkError(serverUrl: ServerUrl, url: string): { name(): Promise<string>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<string>();
  const listener = (details: { url: string; error: string }) => {
    if (details.url === url) resolve(details.error);
  };
  browser.webRequest.onErrorOccurred.addListener(listener, {
    urls: [hostPattern(serverUrl)],
    types: ['xmlhttprequest'],
  });
  const stop = () => browser.webRequest.onErrorOccurred.removeListener(listener);
  return {
    stop,
    async name() {
      setTimeout(() => resolve(''), NETWORK_ERROR_WAIT_MS);
      const name = await promise;
      stop();
      return name;
    },
  };
}
