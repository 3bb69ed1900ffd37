import { i18n } from '#i18n';
import type { Failure } from '../../opencode/failure';
import type { Credentials } from '../../servers/server';
import type { ServerUrl } from '../../servers/serverUrl';
import { PasswordForm } from './PasswordForm';

interface Props {
  url: ServerUrl;
  failure: Failure;
  onAllow(): Promise<void>;
  onCheck(): Promise<void>;
  onPassword(credentials: Credentials): Promise<void>;
}

/** What can be done where a server does not let the extension in. */
export function WayIn({ url, failure: { name }, onAllow, onCheck, onPassword }: Props) {
  if (name === 'permission-withdrawn') {
    return (
      <button type="button" class="primary" onClick={() => void onAllow()}>
        {i18n.t('popup.allow')}
      </button>
    );
  }
  const isSeenInTab = name === 'password-required' || name === 'login-required' || name === 'certificate-refused';
  return (
    <>
      <div class="actions">
        {isSeenInTab && <OpenLink url={url} isMain />}
        <button type="button" onClick={() => void onCheck()}>
          {i18n.t('popup.check')}
        </button>
      </div>
      {name === 'password-required' && <PasswordForm onPassword={(credentials) => void onPassword(credentials)} />}
    </>
  );
}

export function OpenLink({ url, isMain }: { url: ServerUrl; isMain?: boolean }) {
  return (
    <a class={isMain ? 'button primary' : 'button'} href={url} target="_blank" rel="noreferrer">
      {i18n.t('callback.openOpencode')}
    </a>
  );
}
