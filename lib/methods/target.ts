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
    /** What its callback endpoint is given by hand: the code or the whole callback URL. Absent where a listener waits. */
    takes: z.optional(z.literal(['code', 'url'])),
  }),
  z.object({ kind: z.literal('mcp'), name: z.string(), label: z.string() }),
]);
export type Target = z.infer<typeof Target>;

/** The ChatGPT login in the browser: the first of the provider's methods (measured from 1.1.31 to 1.18.33). */
export const chatGpt = { kind: 'provider', id: 'openai', label: 'ChatGPT', method: 0 } as const satisfies Target;

/** What the server calls it. */
export function nameIn(target: Target): string {
  return target.kind === 'provider' ? target.id : target.name;
}

/** An MCP server, which people call by its name. */
export function mcpTarget(name: string): Extract<Target, { kind: 'mcp' }> {
  return { kind: 'mcp', name, label: plainText(name, LONGEST_LABEL) };
}
