import type { ComponentChildren } from 'preact';
import { i18n } from '#i18n';
import type { ServerCheck } from '../methods/checkServer';
import { asksForLogin } from '../opencode/failure';
import { hasPathOfSession, serverName } from '../servers/serverUrl';
import { serverText } from './failures';
import { type Explained, TroubleshootingLink } from './TroubleshootingLink';

export interface Status {
  text: string;
  tone: 'good' | 'bad' | 'quiet';
  /** What more is explained. */
  about?: Explained;
}

interface Props {
  id?: string;
  status: Status | undefined;
  /** What can be done about it. */
  children?: ComponentChildren;
}

/** Says what came of the user's last action. It is always there, so that a screen reader hears it change. */
export function StatusLine({ id, status, children }: Props) {
  return (
    <div class="status">
      <p id={id} role="status" class={status?.tone}>
        {status?.text}
      </p>
      {status?.about && <TroubleshootingLink about={status.about} />}
      {status && children}
    </div>
  );
}

/** What the look for opencode has found. */
export function statusOf(check: ServerCheck): Status {
  if (check.kind === 'found') {
    const found = i18n.t('add.found', [check.version, serverName(check.url)]);
    return { text: hasPathOfSession(check.url) ? `${found} ${i18n.t('add.passing')}` : found, tone: 'good' };
  }
  const { title, next } = serverText(check.failure, check.url);
  const { detail } = check.failure;
  const text = detail ? i18n.t('add.problemDetail', [title, detail, next]) : i18n.t('add.problem', [title, next]);
  return { text, tone: 'bad', about: check.failure.name };
}

/** The same after the user has added a server. One that asks for a login is added: what it asks for stands beside its name. */
export function statusOfAddition(check: ServerCheck): Status {
  if (check.kind === 'found' || !asksForLogin(check.failure)) return statusOf(check);
  return { text: i18n.t('add.kept', [serverName(check.url)]), tone: 'good' };
}
