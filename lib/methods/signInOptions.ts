import * as z from 'zod/mini';
import { parseJson } from '../browser/parseJson';
import { plainText } from '../opencode/plainText';
import { isSameTarget, McpServers, seenMethod } from './capabilities';
import type { Catalogue } from './catalogue';
import { LONGEST_LABEL, LONGEST_NAME, mcpTarget, nameIn, type Target } from './target';

const When = z.object({ key: z.string(), op: z.literal(['eq', 'neq']), value: z.string() });
const common = { key: z.string(), message: z.string(), when: z.optional(When) };
const Prompt = z.discriminatedUnion('type', [
  z.object({ ...common, type: z.literal('text'), placeholder: z.optional(z.string()) }),
  z.object({
    ...common,
    type: z.literal('select'),
    options: z.array(z.object({ label: z.string(), value: z.string(), hint: z.optional(z.string()) })),
  }),
]);
/** What a sign-in asks the user for before it starts. */
export type Prompt = z.infer<typeof Prompt>;

/** A sign-in that a server offers. */
export interface SignInOption {
  target: Target;
  /** How opencode names the way of signing in; absent for an MCP server. */
  method?: string;
  prompts: Prompt[];
  /** Whether the server has a login there already. */
  isConnected: boolean;
  /** Nothing comes back to this computer: opencode does all of it, and the extension has nothing to add. */
  byDeviceCode: boolean;
}

/** What a server offers beyond these is not shown: the longest list of 1.18.33 has sixteen, with two prompts at most. */
const MOST_OPTIONS = 200;
const MOST_PROMPTS = 20;
const MOST_CHOICES = 200;
const LONGEST_MESSAGE = 200;

const Method = z.object({ type: z.string(), label: z.string(), prompts: z.optional(z.array(Prompt)) });
const Methods = z.record(z.string(), z.array(Method));

/**
 * The methods that are known to go by a device code (RFC 8628), by provider and by how opencode calls them (measured, 1.18.33).
 * The API says so only once a sign-in has started. Those of a plugin are found out then (`no-help-needed`).
 */
const deviceCodes: Record<string, RegExp> = {
  openai: /headless|device/i,
  'github-copilot': /^/,
  xai: /^/,
};

/**
 * Everything that can be signed in to on a server: the login methods of its providers, also those that a plugin has added, and
 * the MCP servers that need one. The usual one first, then by their names, and MCP servers last.
 */
export function signInOptions({ methods: listed, mcp, providers }: Catalogue): SignInOption[] {
  const methods = Methods.safeParse(parseJson(listed)).data ?? {};
  const ofProviders = Object.entries(methods).flatMap(([id, all]) =>
    all.flatMap(({ type, label, prompts = [] }, method): SignInOption[] =>
      type === 'oauth'
        ? [
            {
              target: { kind: 'provider', id, label: nameOf(id, providers), method },
              method: plainText(label, LONGEST_LABEL),
              prompts: prompts.slice(0, MOST_PROMPTS).map(inPlainText),
              isConnected: providers.connected.includes(id),
              byDeviceCode: Object.hasOwn(deviceCodes, id) && deviceCodes[id]?.test(label) === true,
            },
          ]
        : [],
    ),
  );
  const ofMcp = Object.entries(McpServers.safeParse(parseJson(mcp)).data ?? {}).flatMap(
    ([name, { status }]): SignInOption[] =>
      status === 'needs_auth'
        ? [{ target: mcpTarget(name), prompts: [], isConnected: false, byDeviceCode: false }]
        : [],
  );
  return [...ofProviders.sort(byUse), ...ofMcp.sort(byUse)]
    .filter(({ target }) => nameIn(target).length <= LONGEST_NAME)
    .slice(0, MOST_OPTIONS);
}

/** What most come for is first; the methods of one provider stay in opencode's order. */
function byUse({ target: one }: SignInOption, { target: other }: SignInOption): number {
  const isUsual = (target: Target) => Number(isSameTarget(target, seenMethod));
  return isUsual(other) - isUsual(one) || one.label.localeCompare(other.label, undefined, { numeric: true });
}

/** A prompt as it is shown. What is sent back to the server stays as it is. */
function inPlainText(prompt: Prompt): Prompt {
  const message = plainText(prompt.message, LONGEST_MESSAGE);
  if (prompt.type === 'text') {
    const { placeholder } = prompt;
    return { ...prompt, message, ...(placeholder ? { placeholder: plainText(placeholder, LONGEST_LABEL) } : {}) };
  }
  const options = prompt.options
    .slice(0, MOST_CHOICES)
    .map((option) => ({ ...option, label: plainText(option.label, LONGEST_LABEL) }));
  return { ...prompt, message, options };
}

/**
 * The prompts that are to be answered, given what is answered so far. A condition about a prompt without an answer does
 * not hold (measured, 1.18.33).
 */
export function promptsToAnswer(prompts: Prompt[], inputs: Record<string, string>): Prompt[] {
  return prompts.filter(({ when }) => {
    if (!when) return true;
    const given = inputs[when.key];
    if (given === undefined) return false;
    return when.op === 'eq' ? given === when.value : given !== when.value;
  });
}

function nameOf(id: string, { all }: Catalogue['providers']): string {
  return all.find((provider) => provider.id === id)?.name ?? plainText(id, LONGEST_LABEL);
}
