// With its extension: Node runs this file as it is, for npm run screenshots.
import * as z from '../schema.ts';

/** What a sign-in signs in to, in the words by which an opencode server knows it. */
export const Target = z.union(
  z.object({
    kind: z.oneOf('provider'),
    id: z.string,
    /** What people call it. */
    label: z.string,
    /** Its place among the provider's methods. */
    method: z.number,
    /** What the method's prompts were answered with. */
    inputs: z.optional(z.record(z.string)),
  }),
  z.object({ kind: z.oneOf('mcp'), label: z.string }),
);
export type Target = z.Infer<typeof Target>;

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
    : `/mcp/${encodeURIComponent(target.label)}/auth`;
}

/**
 * The target that a server's API has at a path (see `pathOf`).
 * @param label what people call the provider, if that is known; an MCP server is called by its name
 */
export function targetAt(path: string, label?: string): Target {
  const [, kind, name = ''] = path.split('/').map(decodeURIComponent);
  return kind === 'mcp' ? { kind, label: name } : { kind: 'provider', id: name, label: label ?? name, method: 0 };
}

/** Where a server's API lists the targets of this kind: a harmless request, whose answer tells the API from any other page. */
export function catalogueOf(target: Target): string {
  return target.kind === 'provider' ? '/provider/auth' : '/mcp';
}

const Methods = z.record(z.array(z.object({ type: z.string })));
/** `GET /mcp`. */
export const McpServers = z.record(z.object({ status: z.string }));

/** Whether a catalogue lists a target, with a login in the browser. */
export function isListed(target: Target, catalogue: unknown): boolean {
  if (target.kind === 'mcp') return z.read(McpServers, catalogue)?.[target.label] !== undefined;
  return z.read(Methods, catalogue)?.[target.id]?.some(({ type }) => type === 'oauth') ?? false;
}
