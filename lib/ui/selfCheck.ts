import { i18n } from '#i18n';
import { sendMessage } from '../messages';
import { seenRedirectUri } from '../methods/capabilities';
import type { FailureName } from '../opencode/failure';
import { hasHostPermission, hasSignInPermission, hostsOf } from '../servers/hostPermission';
import type { Server } from '../servers/server';
import { serverName } from '../servers/serverUrl';
import { serverText } from './failures';
import { inTime } from './inTime';
import { findUseOfPort, type PortUse } from './portOfThisComputer';
import type { Explained } from './TroubleshootingLink';
import { wayText } from './wayText';

/** One thing that a sign-in would need, and how it is. */
export interface CheckLine {
  tone: 'good' | 'bad' | 'quiet';
  text: string;
  about?: Explained;
}

/** Whatever hangs, a line comes after this: the requests of each have ends of their own, which together are later. */
const LONGEST_LINE_SECONDS = 45;

/**
 * Goes through everything that a ChatGPT sign-in on a server would need, a line for each as it is known. What it asks the server
 * carries nothing, and is in docs/on-your-server.md.
 */
export async function* selfCheck(server: Server): AsyncGenerator<CheckLine> {
  for await (const line of linesOf(server)) yield line;
  yield portLine(await findUseOfPort(seenRedirectUri));
}

/** Stops at the first that is not as it should be: what comes after it cannot be known. */
async function* linesOf(server: Server): AsyncGenerator<CheckLine> {
  const { url, callbackTemplate } = server;
  const fails = (name: FailureName, isKnown: string[]): CheckLine[] => {
    const { title, next } = serverText({ name }, url);
    return [...isKnown.map(good), { tone: 'bad', text: i18n.t('add.problem', [title, next]), about: name }];
  };
  const allowed = await Promise.all([hasSignInPermission(), ...hostsOf(server).map(hasHostPermission)]);
  if (!allowed[0]) return yield { tone: 'bad', text: i18n.t('popup.signInPermission') };
  if (allowed.includes(false)) return yield* fails('permission-withdrawn', []);
  yield good(i18n.t('selfCheck.allowed'));

  const check = await inTime(sendMessage('checkServer', url), LONGEST_LINE_SECONDS);
  if (!check) return yield tooLate();
  const [answers, letsIn] = [i18n.t('selfCheck.answers', [serverName(url)]), i18n.t('selfCheck.letsIn')];
  if (check.kind === 'not-found') {
    const { name } = check.failure;
    const isReached = name === 'password-required' || name === 'login-required' || name === 'not-opencode';
    return yield* fails(name, isReached ? [answers] : []);
  }
  yield good(answers);
  yield good(letsIn);
  yield good(i18n.t('popup.version', [check.version]));

  if (callbackTemplate) return yield good(`${i18n.t('popup.way')} ${i18n.t('popup.deliveryCallbackUrl')}`);
  const answer = sendMessage('rehearse', url).then((found) => ({ found }));
  const learnt = await inTime(answer, LONGEST_LINE_SECONDS);
  if (!learnt) return yield tooLate();
  const { found } = learnt;
  if (!found) return yield { tone: 'bad', text: i18n.t('selfCheck.notOffered') };
  if ('name' in found) return yield* fails(found.name, []);
  const way = { loopback: found.loopback ?? 'closed', hasTerminal: found.terminal !== undefined };
  const text = `${i18n.t('popup.way')} ${wayText(way)}`;
  if (way.loopback === 'open' || way.hasTerminal) return yield good(text);
  yield { tone: 'bad', text, about: 'terminal-unavailable' };
}

function good(text: string): CheckLine {
  return { tone: 'good', text };
}

function tooLate(): CheckLine {
  return { tone: 'bad', text: i18n.t('selfCheck.noAnswer', [String(LONGEST_LINE_SECONDS)]) };
}

function portLine(use: PortUse): CheckLine {
  const port = new URL(seenRedirectUri).port;
  const texts = {
    free: i18n.t('selfCheck.portFree', [port]),
    taken: i18n.t('selfCheck.portTaken', [port]),
    silent: i18n.t('selfCheck.portSilent', [port]),
  } satisfies Record<PortUse, string>;
  return { tone: use === 'free' ? 'good' : 'quiet', text: texts[use] };
}
