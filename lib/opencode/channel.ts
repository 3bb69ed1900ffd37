/** A request to an opencode server's API. `path` starts with a slash and follows the server's base path. */
export interface ApiRequest {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  /** The project that the request is about, as its header has it; the server's own when absent. */
  directory?: string | undefined;
  /** Sent as JSON. */
  body?: unknown;
  /** Milliseconds after which the request is given up. */
  timeout?: number;
  /** For a stream of events, which does not end by itself: it is read until an event with this text has come. */
  until?: string;
}

export type ApiAnswer =
  | { kind: 'answered'; status: number; contentType: string; basicChallenge: boolean; text: string }
  /** Any redirect: opencode's API has none, so it leads to a gateway's login page. */
  | { kind: 'redirected' }
  /** No answer. What was sent may have arrived all the same. */
  | { kind: 'failed'; reason: 'network' | 'certificate' | 'timeout' };

/** How requests reach the server: from an open opencode tab, or by the extension's own fetch. */
export interface Channel {
  kind: 'tab' | 'background';
  send(request: ApiRequest): Promise<ApiAnswer>;
}

/** The answer's JSON, or undefined when it is not a success or not JSON (a server answers unknown paths with HTML). */
export function jsonOf(answer: ApiAnswer): unknown {
  return answer.kind === 'answered' && answer.status < 300 ? anyJsonOf(answer) : undefined;
}

/** The answer's JSON, also that of a refusal. */
export function anyJsonOf(answer: ApiAnswer): unknown {
  if (answer.kind !== 'answered' || !answer.contentType.includes('json')) return undefined;
  try {
    return JSON.parse(answer.text);
  } catch {
    return undefined;
  }
}

/** Whether opencode itself answered; a gateway that lost it may speak JSON too. */
export function isServersWord(answer: ApiAnswer): answer is Extract<ApiAnswer, { kind: 'answered' }> {
  return answer.kind === 'answered' && answer.contentType.includes('json') && !isGatewayError(answer.status);
}

/** A gateway that lost its upstream or its patience cannot say whether the request arrived. */
export function isGatewayError(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}
