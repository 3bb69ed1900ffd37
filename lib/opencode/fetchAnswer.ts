import type { ApiAnswer, ApiRequest } from './channel';

/** A request as plain data, ready to be carried into a tab. */
export interface FetchCall {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string | undefined;
  timeout: number;
  longest: number;
  until: string | undefined;
}

/** The header that names a project's directory to opencode. */
export const directoryHeaderName = 'x-opencode-directory';

const DEFAULT_TIMEOUT_MS = 15_000;
/** Far above what opencode answers on every path but `/provider`, which says so itself. */
const DEFAULT_LONGEST = 1_000_000;

export function fetchCall(serverUrl: string, request: ApiRequest, authorization: string | undefined): FetchCall {
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  return {
    url: serverUrl + request.path,
    method: request.method,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(authorization === undefined ? {} : { authorization }),
      ...(request.directory === undefined ? {} : { [directoryHeaderName]: request.directory }),
    },
    body,
    timeout: request.timeout ?? DEFAULT_TIMEOUT_MS,
    longest: request.longest ?? DEFAULT_LONGEST,
    until: request.until,
  };
}

/**
 * Sends a request and says what came of it; never throws. An answer is read up to the size that the request allows.
 * It is also injected into tabs, so it must stand alone: nothing from outside its braces.
 * @param given the request; in a tab, the id by which the background holds it (`takeCall` in lib/messages.ts)
 */
export async function fetchAnswer(given: FetchCall | string): Promise<ApiAnswer> {
  try {
    let call = given as FetchCall;
    if (typeof given === 'string') {
      const { chrome } = globalThis as unknown as { chrome: typeof import('webextension-polyfill') };
      // As `sendMessage` of lib/messages.ts would send it.
      const message = { id: 0, type: 'takeCall', data: given, timestamp: Date.now() };
      const reply = (await chrome.runtime.sendMessage(message)) as { res?: FetchCall } | undefined;
      // The background holds it no more: it has given this tab up, or was suspended.
      if (!reply?.res) return { kind: 'failed', reason: 'not-sent' };
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
    let text = '';
    // Not by iteration or a TextDecoderStream: neither gets through Firefox's wrappers around what is a page's.
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    while (reader) {
      const { done, value } = await reader.read();
      text += decoder.decode(value, { stream: !done });
      // An event ends with an empty line.
      const hasCome = call.until !== undefined && text.includes(call.until) && text.endsWith('\n\n');
      if (done || hasCome) {
        if (!done) void reader.cancel();
        break;
      }
      if (text.length > call.longest) {
        void reader.cancel();
        return { kind: 'failed', reason: 'too-large' };
      }
    }
    return {
      kind: 'answered',
      status: response.status,
      contentType: response.headers.get('content-type') ?? '',
      basicChallenge: /^basic\b/i.test(response.headers.get('www-authenticate') ?? ''),
      text,
    };
  } catch (error) {
    const timedOut = error instanceof DOMException && error.name === 'TimeoutError';
    return { kind: 'failed', reason: timedOut ? 'timeout' : 'network' };
  }
}
