import * as z from 'zod/mini';
import { parseJson } from '../browser/parseJson';

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
  /** Characters after which the answer is given up. */
  longest?: number;
  /** For a stream of events, which does not end by itself: it is read until an event with this text has come. */
  until?: string;
}

export const ApiAnswer = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('answered'),
    status: z.number(),
    contentType: z.string(),
    basicChallenge: z.boolean(),
    text: z.string(),
  }),
  /** Any redirect: opencode's API has none, so it leads to a gateway's login page. */
  z.object({ kind: z.literal('redirected') }),
  /** No answer. Unless it was `not-sent`, what was sent may have arrived all the same. */
  z.object({
    kind: z.literal('failed'),
    reason: z.literal(['network', 'certificate', 'timeout', 'too-large', 'not-sent']),
  }),
]);
export type ApiAnswer = z.infer<typeof ApiAnswer>;

/** How requests reach the server: from an open opencode tab, or by the extension's own fetch. */
export interface Channel {
  kind: 'tab' | 'background';
  send(request: ApiRequest): Promise<ApiAnswer>;
}

/** The JSON of an answer, as a schema has it; undefined where it is none, or another's. */
export function jsonAs<Schema extends z.ZodMiniType>(schema: Schema, answer: ApiAnswer): z.infer<Schema> | undefined {
  return schema.safeParse(jsonOf(answer)).data;
}

/** The answer's JSON, or undefined when it is not a success or not JSON (a server answers unknown paths with HTML). */
export function jsonOf(answer: ApiAnswer): unknown {
  return answer.kind === 'answered' && answer.status === 200 ? anyJsonOf(answer) : undefined;
}

/** The answer's JSON, also that of a refusal. */
export function anyJsonOf(answer: ApiAnswer): unknown {
  if (answer.kind !== 'answered' || !answer.contentType.includes('json')) return undefined;
  return parseJson(answer.text);
}

const Refusal = z.object({ name: z.string(), data: z.object({ message: z.optional(z.string()) }) });
export type Refusal = z.infer<typeof Refusal>;

/**
 * opencode's own refusal: an error's name and data, with 400 or 500 (measured, 1.1.31 to 1.18.34). A gateway in front of it
 * speaks JSON too, with other members and statuses, and cannot say what became of a request.
 */
export function refusalOf(answer: ApiAnswer): Refusal | undefined {
  if (answer.kind !== 'answered' || (answer.status !== 400 && answer.status !== 500)) return undefined;
  return Refusal.safeParse(anyJsonOf(answer)).data;
}

/** A gateway that lost its upstream or its patience (502 to 504, Cloudflare's 52x) cannot say whether the request arrived. */
export function isGatewayError(status: number): boolean {
  return (status >= 502 && status <= 504) || status >= 520;
}

/** Whether a request was certainly not carried out: it was not sent, or was turned away by whoever answered. */
export function wasTurnedAway(answer: ApiAnswer): boolean {
  if (answer.kind === 'redirected') return true;
  if (answer.kind === 'failed') return answer.reason === 'not-sent';
  return !isGatewayError(answer.status);
}
