import type { ComponentChildren } from 'preact';
import { i18n } from '#i18n';
import type { ServerCheck } from '@/lib/servers/checkServer';
import { serverName } from '@/lib/servers/server';
import { failureText } from './failureText';

export interface Status {
  text: string;
  tone: 'good' | 'bad' | 'quiet';
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
      {status && children}
    </div>
  );
}

/** What the look for opencode has found. */
export function statusOf(check: ServerCheck): Status {
  if (check.kind === 'found') {
    const found = i18n.t('add.found', [check.version, serverName(check.url)]);
    return { text: `${found} ${i18n.t('add.ready')}`, tone: 'good' };
  }
  const { title, next } = failureText(check.failure, check.url);
  const detail = check.failure.detail ? ` (${check.failure.detail})` : '';
  return { text: `${title}${detail}. ${next}`, tone: 'bad' };
}
