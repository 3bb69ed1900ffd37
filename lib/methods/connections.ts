import * as z from 'zod/mini';
import { runInPage } from '../browser/runInPage';
import { jsonAs, jsonOf } from '../opencode/channel';
import { keepsUnknownPaths } from '../opencode/release';
import type { Session } from '../opencode/session';
import { serverPages } from '../servers/serverTab';
import { capabilitiesOf } from './capabilities';
import { chatGpt, nameIn, type Target } from './target';

/** Of each provider only its id is taken: the answer also has the models, and the keys that opencode calls them with. */
const Configured = z.object({ providers: z.array(z.object({ id: z.string() })) });
/** `GET /provider` has every model of every provider: six megabytes in 1.18.33. */
export const LONGEST_CATALOGUE = 20_000_000;

/**
 * Whether a server uses a login to ChatGPT, as it was when opencode last read its logins (see `takeUpLogin`).
 * @returns undefined when the server does not say
 */
export async function isChatGptInUse({ channel }: Session): Promise<boolean | undefined> {
  const answer = await channel.send({ method: 'GET', path: '/config/providers', longest: LONGEST_CATALOGUE });
  return jsonAs(Configured, answer)?.providers.some(({ id }) => id === chatGpt.id);
}

/**
 * Whether a server has a login to a target at this moment, as it is seen in a project.
 * @returns undefined when the server does not say
 */
export async function isConnected(given: {
  session: Session;
  target: Target;
  directory?: string | undefined;
}): Promise<boolean | undefined> {
  const { session, target, directory } = given;
  const { logins: path, isConnected: isIn } = capabilitiesOf(target);
  const logins = jsonOf(await session.channel.send({ method: 'GET', path, directory, longest: LONGEST_CATALOGUE }));
  return isIn(logins, nameIn(target));
}

/** `GET /api/integration/{id}`; without `data` while that API has not looked what there is. */
const Integration = z.object({ data: z.object({ connections: z.array(z.object({ type: z.string() })) }) });
const INTEGRATION_TIMEOUT_MS = 3_000;

/**
 * Whether opencode's second API has a login to ChatGPT. It keeps logins of its own, which the first one does not list; of all
 * providers it signs in to this one only (measured, 1.18.33).
 * @returns undefined when it does not say, or is not served
 */
export async function hasCredential({ channel, version }: Session): Promise<boolean | undefined> {
  if (!keepsUnknownPaths(version)) return undefined;
  const path = `/api/integration/${chatGpt.id}`;
  const answer = await channel.send({ method: 'GET', path, timeout: INTEGRATION_TIMEOUT_MS });
  return jsonAs(Integration, answer)?.data.connections.some(({ type }) => type === 'credential');
}

/**
 * Lets opencode read its logins anew: before that it has no models of a provider that is signed in to (measured, 1.18.33). Its
 * web UI does the same after a sign-in of its own, for the project that it shows. Then has the pages of it that are open read
 * anew what opencode has: they do that when the browser's back button has brought them back out of its cache (1.18.33).
 * @param directories the projects, as the header has them; undefined for the server's own
 */
export async function takeUpLogin({ channel, url }: Session, directories: Iterable<string | undefined>): Promise<void> {
  await Promise.all(
    [...directories].map((directory) => channel.send({ method: 'POST', path: '/instance/dispose', directory })),
  );
  const readAnew = () => {
    for (const type of ['pagehide', 'pageshow']) dispatchEvent(new PageTransitionEvent(type, { persisted: true }));
  };
  void serverPages(url).then((pages) => pages.map((page) => runInPage(page, readAnew)));
}
