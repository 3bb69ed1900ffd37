import * as z from 'zod/mini';
import { type Channel, jsonOf } from '../opencode/channel';
import type { Failure } from '../opencode/failure';
import { plainText } from '../opencode/plainText';
import { openSession, type Session } from '../opencode/session';
import type { ServerUrl } from '../servers/serverUrl';
import { McpServers } from './capabilities';
import { LONGEST_CATALOGUE } from './connections';
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
}

/** What a server offers beyond these is not shown: the longest list of 1.18.33 has sixteen, with two prompts at most. */
const MOST_OPTIONS = 200;
const MOST_PROMPTS = 20;
const MOST_CHOICES = 200;
const LONGEST_MESSAGE = 200;

const Method = z.object({ type: z.string(), label: z.string(), prompts: z.optional(z.array(Prompt)) });
const Methods = z.record(z.string(), z.array(Method));
const Providers = z.object({ all: z.array(z.object({ id: z.string(), name: z.string() })) });

/**
 * Everything that can be signed in to on a server: the login methods of its providers, and MCP servers that need one.
 * @returns why not, if the server cannot be asked
 */
export async function listSignInOptions(url: ServerUrl): Promise<SignInOption[] | Failure> {
  const session = await openSession(url);
  return 'name' in session ? session : readOptions(session);
}

async function readOptions({ channel }: Session): Promise<SignInOption[]> {
  const get = (path: string) => channel.send({ method: 'GET', path, longest: LONGEST_CATALOGUE }).then(jsonOf);
  const [listed, providers, mcp] = await Promise.all([get('/provider/auth'), get('/provider'), get('/mcp')]);
  const methods = Methods.safeParse(listed).data ?? {};
  const names = Providers.safeParse(providers).data?.all ?? [];
  const ofProviders = Object.entries(methods).flatMap(([id, all]) =>
    all.flatMap(({ type, label, prompts = [] }, method): SignInOption[] =>
      type === 'oauth'
        ? [
            {
              target: { kind: 'provider', id, label: nameOf(id, names), method },
              method: plainText(label, LONGEST_LABEL),
              prompts: prompts.slice(0, MOST_PROMPTS).map(inPlainText),
            },
          ]
        : [],
    ),
  );
  const ofMcp = Object.entries(McpServers.safeParse(mcp).data ?? {}).flatMap(([name, { status }]): SignInOption[] =>
    status === 'needs_auth' ? [{ target: mcpTarget(name), prompts: [] }] : [],
  );
  const isNamed = ({ target }: SignInOption) => nameIn(target).length <= LONGEST_NAME;
  return [...ofProviders, ...ofMcp].filter(isNamed).slice(0, MOST_OPTIONS);
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

/** What people call a target: a server has a name for each provider, and an MCP server is called by its own. */
export async function readLabel(channel: Channel, target: Target): Promise<string> {
  if (target.kind === 'mcp') return target.label;
  const listed = jsonOf(await channel.send({ method: 'GET', path: '/provider', longest: LONGEST_CATALOGUE }));
  return nameOf(target.id, Providers.safeParse(listed).data?.all ?? []);
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

function nameOf(id: string, names: { id: string; name: string }[]): string {
  return plainText(names.find((provider) => provider.id === id)?.name ?? id, LONGEST_LABEL);
}
