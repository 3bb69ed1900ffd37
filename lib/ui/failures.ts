import { type GeneratedI18nStructure, i18n } from '#i18n';
import { chatGpt } from '../methods/target';
import type { Failure, FailureName } from '../opencode/failure';
import { type ServerUrl, serverName } from '../servers/serverUrl';

/** Where a response was: it never set out, was on its way to the server, or was there. */
type Stage = 'start' | 'way' | 'exchange';
/** What is to be done, where that is more than to try again. */
type NextStep = 'allow' | 'log-in' | 'start-again';

/** Each failure's stage and next step. Its words are in `locales`, by its name; `$1` there is the server, `$2` the target. */
const failures: Record<FailureName, [Stage, NextStep?]> = {
  'server-unreachable': ['way'],
  'certificate-refused': ['way'],
  'permission-withdrawn': ['way', 'allow'],
  'forbidden-by-policy': ['way'],
  'password-required': ['way', 'log-in'],
  'login-required': ['way', 'log-in'],
  'not-opencode': ['way'],
  'terminal-unavailable': ['way'],
  'callback-url-elsewhere': ['way'],
  'nobody-waiting': ['way', 'start-again'],
  expired: ['start', 'start-again'],
  superseded: ['start', 'start-again'],
  'server-removed': ['start'],
  'not-started': ['start'],
  'no-help-needed': ['start'],
  'refused-by-provider': ['start', 'start-again'],
  'refused-at-exchange': ['exchange', 'start-again'],
  'answer-unclear': ['exchange', 'start-again'],
  'not-armed': ['start', 'start-again'],
};

/** How far a response had come when its sign-in failed. */
export function stageOf({ name }: Failure): Stage {
  return failures[name][0];
}

/** What the user can do about a failure, where that is more than to try again. */
export function nextStepOf({ name }: Failure): NextStep | undefined {
  return failures[name][1];
}

interface FailureText {
  title: string;
  next: string;
}

/**
 * What happened to a sign-in, and what to do next, in the user's language.
 * @param target what was to be signed in to, as people call it
 */
export function failureText({ name }: Failure, url: ServerUrl, target: string = chatGpt.label): FailureText {
  const t = i18n.t as (key: keyof GeneratedI18nStructure, words: string[]) => string;
  const key = name.replaceAll('-', '_') as Underscored<FailureName>;
  const words = [serverName(url), target];
  return { title: t(`failure.${key}.title`, words), next: t(`failure.${key}.next`, words) };
}

type Underscored<T extends string> = T extends `${infer Head}-${infer Tail}` ? `${Head}_${Underscored<Tail>}` : T;

/** What stands between the extension and a server, and what to do about it, while no sign-in waits for that. */
export function serverText(failure: Failure, url: ServerUrl): FailureText {
  const { title, next } = failureText(failure, url);
  const nexts: Partial<Record<FailureName, string>> = {
    'permission-withdrawn': i18n.t('popup.permissionNext'),
    'password-required': i18n.t('popup.passwordNext'),
    'login-required': i18n.t('popup.loginNext'),
  };
  return { title, next: nexts[failure.name] ?? next };
}
