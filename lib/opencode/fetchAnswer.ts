import type { ApiAnswer, ApiRequest } from './channel';
import { directoryHeader } from './directory';

/** A request as plain data, ready to be carried into a tab. */
export interface FetchCall {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string | undefined;
  timeout: number;
}

const DEFAULT_TIMEOUT_MS = 15_000;

export function fetchCall(serverUrl: string, request: ApiRequest, authorization: string | undefined): FetchCall {
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  return {
    url: serverUrl + request.path,
    method: request.method,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(authorization === undefined ? {} : { authorization }),
      ...directoryHeader(request.directory),
    },
    body,
    timeout: request.timeout ?? DEFAULT_TIMEOUT_MS,
  };
}

/**
 * Sends a request and says what came of it; never throws.
 * It is also injected into tabs, so it must stand alone: nothing from outside its braces.
 * @param given the request; in a tab, the id by which the background holds it (`takeCall` in lib/messaging.ts)
 */
export async function fetchAnswer(given: FetchCall | string): Promise<ApiAnswer> {
  try {
    let call = given as FetchCall;
    if (typeof given === 'string') {
      const { chrome } = globalThis as unknown as { chrome: typeof import('webextension-polyfill') };
      const message = { id: 0, type: 'takeCall', data: given, timestamp: Date.now() };
      const reply = (await chrome.runtime.sendMessage(message)) as { res?: FetchCall } | undefined;
      // Suspended and awake again, the background holds nothing any more.
      if (!reply?.res) return { kind: 'failed', reason: 'network' };
      call = reply.res;
    }
    const response = await fetch(call.url, {
      method: call.method,
      headers: call.headers,
      body: call.body ?? null,
      credentials: 'include',
      cache: 'no-store',
      redirect: 'manual',
      signal: AbortSignal.timeout(call.timeout),
    });
    if (response.type === 'opaqueredirect') return { kind: 'redirected' };
    return {
      kind: 'answered',
      status: response.status,
      contentType: response.headers.get('content-type') ?? '',
      basicChallenge: /^basic\b/i.test(response.headers.get('www-authenticate') ?? ''),
      text: await response.text(),
    };
  } catch (error) {
    const timedOut = error instanceof DOMException && error.name === 'TimeoutError';
    return { kind: 'failed', reason: timedOut ? 'timeout' : 'network' };
  }
}
