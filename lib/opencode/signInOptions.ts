import * as z from '../schema';
import type { ServerUrl } from '../servers/server';
import { jsonOf } from './channel';
import type { Failure } from './failure';
import { identifyServer, type ReachedServer } from './identifyServer';
import { McpServers, type Target } from './target';

const When = z.object({ key: z.string, op: z.oneOf('eq', 'neq'), value: z.string });
const common = { key: z.string, message: z.string, when: z.optional(When) };
const Prompt = z.union(
  z.object({ ...common, type: z.oneOf('text'), placeholder: z.optional(z.string) }),
  z.object({
    ...common,
    type: z.oneOf('select'),
    options: z.array(z.object({ label: z.string, value: z.string, hint: z.optional(z.string) })),
  }),
);
/** What a sign-in asks the user for before it starts. */
export type Prompt = z.Infer<typeof Prompt>;

/** A sign-in that a server offers. */
export interface SignInOption {
  target: Target;
  /** How opencode names the way of signing in; absent for an MCP server. */
  method?: string;
  prompts: Prompt[];
}

const Method = z.object({ type: z.string, label: z.string, prompts: z.optional(z.array(Prompt)) });
const Methods = z.record(z.array(Method));
const Providers = z.object({ all: z.array(z.object({ id: z.string, name: z.string })) });

/**
 * Everything that can be signed in to on a server: the login methods of its providers, and MCP servers that need one.
 * @returns why not, if the server cannot be asked
 */
export async function listSignInOptions(url: ServerUrl): Promise<SignInOption[] | Failure> {
  const identification = await identifyServer(url);
  return identification.kind === 'failure' ? identification.failure : readOptions(identification.server);
}

async function readOptions({ channel }: ReachedServer): Promise<SignInOption[]> {
  const get = (path: string) => channel.send({ method: 'GET', path }).then(jsonOf);
  const [listed, providers, mcp] = await Promise.all([get('/provider/auth'), get('/provider'), get('/mcp')]);
  const methods = z.read(Methods, listed) ?? {};
  const names = z.read(Providers, providers)?.all ?? [];
  const ofProviders = Object.entries(methods).flatMap(([id, all]) =>
    all.flatMap(({ type, label, prompts = [] }, method): SignInOption[] =>
      type === 'oauth'
        ? [{ target: { kind: 'provider', id, label: nameOf(id, names), method }, method: label, prompts }]
        : [],
    ),
  );
  const ofMcp = Object.entries(z.read(McpServers, mcp) ?? {}).flatMap(([label, { status }]): SignInOption[] =>
    status === 'needs_auth' ? [{ target: { kind: 'mcp', label }, prompts: [] }] : [],
  );
  return [...ofProviders, ...ofMcp];
}

/** What people call a provider. */
export async function providerName({ channel }: Pick<ReachedServer, 'channel'>, id: string): Promise<string> {
  const listed = jsonOf(await channel.send({ method: 'GET', path: '/provider' }));
  return nameOf(id, z.read(Providers, listed)?.all ?? []);
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
  return names.find((provider) => provider.id === id)?.name ?? id;
}
