import { i18n } from '#i18n';
import { chatGpt } from '../methods/target';
import type { Failure, FailureName } from '../opencode/failure';
import { type ServerUrl, serverName } from '../servers/serverUrl';

const texts = {
  'server-unreachable': (server) => [
    i18n.t('failure.server_unreachable.title', [server]),
    i18n.t('failure.server_unreachable.next'),
  ],
  'certificate-refused': (server) => [
    i18n.t('failure.certificate_refused.title', [server]),
    i18n.t('failure.certificate_refused.next'),
  ],
  'permission-withdrawn': (server) => [
    i18n.t('failure.permission_withdrawn.title', [server]),
    i18n.t('failure.permission_withdrawn.next'),
  ],
  'forbidden-by-policy': (server) => [
    i18n.t('failure.forbidden_by_policy.title', [server]),
    i18n.t('failure.forbidden_by_policy.next'),
  ],
  'password-required': (server) => [
    i18n.t('failure.password_required.title', [server]),
    i18n.t('failure.password_required.next'),
  ],
  'login-required': (server) => [
    i18n.t('failure.login_required.title', [server]),
    i18n.t('failure.login_required.next'),
  ],
  'not-opencode': (server) => [i18n.t('failure.not_opencode.title', [server]), i18n.t('failure.not_opencode.next')],
  'terminal-unavailable': (server) => [
    i18n.t('failure.terminal_unavailable.title', [server]),
    i18n.t('failure.terminal_unavailable.next'),
  ],
  'callback-url-elsewhere': (server) => [
    i18n.t('failure.callback_url_elsewhere.title', [server]),
    i18n.t('failure.callback_url_elsewhere.next'),
  ],
  'nobody-waiting': (server) => [
    i18n.t('failure.nobody_waiting.title', [server]),
    i18n.t('failure.nobody_waiting.next'),
  ],
  expired: (server) => [i18n.t('failure.expired.title'), i18n.t('failure.expired.next', [server])],
  superseded: (server) => [i18n.t('failure.superseded.title'), i18n.t('failure.superseded.next', [server])],
  'server-removed': (server) => [
    i18n.t('failure.server_removed.title', [server]),
    i18n.t('failure.server_removed.next'),
  ],
  'not-started': (server, target) => [
    i18n.t('failure.not_started.title', [server, target]),
    i18n.t('failure.not_started.next'),
  ],
  'no-help-needed': (_, target) => [
    i18n.t('failure.no_help_needed.title', [target]),
    i18n.t('failure.no_help_needed.next'),
  ],
  'refused-by-provider': (server, target) => [
    i18n.t('failure.refused_by_provider.title', [target]),
    i18n.t('failure.refused_by_provider.next', [server]),
  ],
  'refused-at-exchange': (server, target) => [
    i18n.t('failure.refused_at_exchange.title'),
    i18n.t('failure.refused_at_exchange.next', [server, target]),
  ],
  'answer-unclear': (server, target) => [
    i18n.t('failure.answer_unclear.title', [server]),
    i18n.t('failure.answer_unclear.next', [target]),
  ],
  'not-armed': (server) => [i18n.t('failure.not_armed.title', [server]), i18n.t('failure.not_armed.next')],
  'taken-by-another-extension': (server) => [
    i18n.t('failure.taken_by_another_extension.title', [server]),
    i18n.t('failure.taken_by_another_extension.next'),
  ],
} satisfies Record<FailureName, (server: string, target: string) => [title: string, next: string]>;

interface FailureText {
  title: string;
  next: string;
}

/**
 * What happened to a sign-in, and what to do next, in the user's language.
 * @param target what was to be signed in to, as people call it
 */
export function failureText(failure: Failure, url: ServerUrl, target: string = chatGpt.label): FailureText {
  const [title, next] = texts[failure.name](serverName(url), target);
  return { title, next };
}

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
