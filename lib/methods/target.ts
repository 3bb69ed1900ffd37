// With its extension: Node runs this file as it is, for npm run screenshots.
import * as z from 'zod/mini';
import { plainText } from '../opencode/plainText.ts';

/** A server's name for something, beyond which it is not dealt with; and what is shown of it. */
export const LONGEST_NAME = 200;
export const LONGEST_LABEL = 80;

/** What a sign-in signs in to, in the words by which an opencode server knows it. */
export const Target = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('provider'),
    id: z.string(),
    /** What people call it. */
    label: z.string(),
    /** Its place among the provider's methods. */
    method: z.number(),
    /** What the method's prompts were answered with. */
    inputs: z.optional(z.record(z.string(), z.string())),
  }),
  z.object({ kind: z.literal('mcp'), name: z.string(), label: z.string() }),
]);
export type Target = z.infer<typeof Target>;

/** The ChatGPT login in the browser: the first of the provider's methods (measured from 1.1.31 to 1.18.33). */
export const chatGpt = { kind: 'provider', id: 'openai', label: 'ChatGPT', method: 0 } as const satisfies Target;

/** Where each ChatGPT login comes back to: no other of opencode's has this port. */
export const chatGptRedirectUri = 'http://localhost:1455/auth/callback';

/** Whether two sign-ins would replace one another: a server waits for one login to each provider and to each MCP server. */
export function isSameTarget(one: Target, other: Target): boolean {
  return pathOf(one) === pathOf(other);
}

/** Where a server's API has what belongs to a target. */
export function pathOf(target: Target): string {
  return target.kind === 'provider'
    ? `/provider/${encodeURIComponent(target.id)}/oauth`
    : `/mcp/${encodeURIComponent(target.name)}/auth`;
}

/** What the server calls it. */
export function nameIn(target: Target): string {
  return target.kind === 'provider' ? target.id : target.name;
}

/** An MCP server, which people call by its name. */
export function mcpTarget(name: string): Extract<Target, { kind: 'mcp' }> {
  return { kind: 'mcp', name, label: plainText(name, LONGEST_LABEL) };
}

/**
 * The target that a server's API has at a path (see `pathOf`).
 * @param label what people call the provider, if that is known
 * @returns undefined where the path is none that opencode would ask, or names something too long to be kept
 */
export function targetAt(path: string, label?: string): Target | undefined {
  const found = /^\/(provider|mcp)\/([^/]+)\/(?:oauth|auth)$/.exec(path);
  const name = decoded(found?.[2] ?? '');
  if (!name || name.length > LONGEST_NAME) return undefined;
  if (found?.[1] === 'mcp') return mcpTarget(name);
  return { kind: 'provider', id: name, label: plainText(label ?? name, LONGEST_LABEL), method: 0 };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Where a server's API lists the targets of this kind: a harmless request, whose answer tells the API from any other page. */
export function catalogueOf(target: Target): string {
  return target.kind === 'provider' ? '/provider/auth' : '/mcp';
}

const Methods = z.record(z.string(), z.array(z.object({ type: z.string() })));
/** `GET /mcp`. */
export const McpServers = z.record(z.string(), z.object({ status: z.string() }));

/** Whether a catalogue lists a target, with a login in the browser. */
export function isListed(target: Target, catalogue: unknown): boolean {
  if (target.kind === 'mcp') return memberOf(McpServers.safeParse(catalogue).data, target.name) !== undefined;
  return memberOf(Methods.safeParse(catalogue).data, target.id)?.some(({ type }) => type === 'oauth') ?? false;
}

/** A member of what a server has sent, by a name that it has chosen: not one that every object has (`constructor`). */
export function memberOf<T>(record: Record<string, T> | undefined, name: string): T | undefined {
  return record && Object.hasOwn(record, name) ? record[name] : undefined;
}
