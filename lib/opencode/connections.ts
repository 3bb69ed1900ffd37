import * as z from '../schema';
import { jsonOf } from './channel';
import type { ReachedServer } from './identifyServer';

/** Of each provider only its id is taken: the answer also has the models, and the keys that opencode calls them with. */
const Configured = z.object({ providers: z.array(z.object({ id: z.string })) });

/**
 * Whether a server is signed in to OpenAI. `GET /provider` says so too, in six megabytes of models that nobody asked for;
 * this list has the connected providers only (30 kB, measured in 1.18.33).
 * @returns undefined when the server does not say
 */
export async function isOpenAiConnected({ channel }: ReachedServer): Promise<boolean | undefined> {
  const answer = await channel.send({ method: 'GET', path: '/config/providers' });
  return z.read(Configured, jsonOf(answer))?.providers.some(({ id }) => id === 'openai');
}
