import * as z from 'zod/mini';
import { type ApiAnswer, type Channel, jsonAs } from '../opencode/channel';
import type { Failure } from '../opencode/failure';
import { plainText } from '../opencode/plainText';
import { openSession } from '../opencode/session';
import type { ServerUrl } from '../servers/serverUrl';
import { LONGEST_CATALOGUE } from './connections';
import { LONGEST_LABEL, LONGEST_NAME, type Target } from './target';

const Providers = z.object({
  all: z.array(z.object({ id: z.string(), name: z.string() })),
  connected: z.array(z.string()),
});

/** What a server says of its sign-ins. Of the first two, its own words: the page that shows them reads them (`signInOptions`). */
export interface Catalogue {
  /** `GET /provider/auth` */
  methods: string;
  /** `GET /mcp` */
  mcp: string;
  /** `GET /provider`, without its six megabytes of models. */
  providers: z.infer<typeof Providers>;
}

/** What is kept of a server's providers: 1.18.33 has 225. */
const MOST_PROVIDERS = 1_000;

/**
 * Asks a server what can be signed in to.
 * @returns why not, if it cannot be asked
 */
export async function readCatalogue(url: ServerUrl): Promise<Catalogue | Failure> {
  const session = await openSession(url);
  if ('name' in session) return session;
  const { channel } = session;
  const get = (path: string) => channel.send({ method: 'GET', path }).then(textOf);
  const [methods, mcp, providers] = await Promise.all([get('/provider/auth'), get('/mcp'), readProviders(channel)]);
  return { methods, mcp, providers };
}

/** What people call a target: a server has a name for each provider, and an MCP server is called by its own. */
export async function readLabel(channel: Channel, target: Target): Promise<string> {
  if (target.kind === 'mcp') return target.label;
  const { all } = await readProviders(channel);
  return plainText(all.find(({ id }) => id === target.id)?.name ?? target.id, LONGEST_LABEL);
}

async function readProviders(channel: Channel): Promise<Catalogue['providers']> {
  const answer = await channel.send({ method: 'GET', path: '/provider', longest: LONGEST_CATALOGUE });
  const { all = [], connected = [] } = jsonAs(Providers, answer) ?? {};
  const isNamed = (id: string) => id.length <= LONGEST_NAME;
  return {
    all: all
      .filter(({ id }) => isNamed(id))
      .slice(0, MOST_PROVIDERS)
      .map(({ id, name }) => ({ id, name: plainText(name, LONGEST_LABEL) })),
    connected: connected.filter(isNamed).slice(0, MOST_PROVIDERS),
  };
}

function textOf(answer: ApiAnswer): string {
  return answer.kind === 'answered' && answer.status === 200 ? answer.text : '';
}
