import { useState } from 'preact/hooks';
import { i18n } from '#i18n';
import type { ServerCheck } from '@/lib/servers/checkServer';
import { type Credentials, type ServerUrl, serverName } from '@/lib/servers/server';
import { failureText } from '@/lib/ui/failureText';
import { SignInChoice } from './SignInChoice';

interface Props {
  url: ServerUrl;
  check: ServerCheck | undefined;
  onSignIn(): void;
  onCheck(): void;
  onAllow(): void;
  onRemove(): void;
  onPassword(credentials: Credentials): void;
}

export function ServerItem({ url, check, onSignIn, onCheck, onAllow, onRemove, onPassword }: Props) {
  const failure = check?.kind === 'not-found' ? check.failure : undefined;
  const [isChoosing, setIsChoosing] = useState(false);
  return (
    <li>
      <span class="name">{serverName(url)}</span>
      {check === undefined && <span class="quiet">{i18n.t('popup.checkingShort')}</span>}
      {check?.kind === 'found' && <span class="good">{i18n.t('popup.version', [check.version])}</span>}
      {failure && <span class="bad">{failureText(failure, url).title}</span>}
      {failure?.name === 'password-required' && <PasswordForm onPassword={onPassword} />}
      <div class="actions">
        {failure?.name === 'permission-withdrawn' && (
          <button type="button" class="plain" onClick={onAllow}>
            {i18n.t('popup.allow')}
          </button>
        )}
        {check?.kind === 'found' && (
          <button type="button" onClick={onSignIn}>
            {i18n.t('popup.signIn')}
          </button>
        )}
        {check?.kind === 'found' && (
          <button type="button" class="plain" aria-expanded={isChoosing} onClick={() => setIsChoosing(!isChoosing)}>
            {i18n.t('popup.signInTo')}
          </button>
        )}
        <a class="button plain" href={url} target="_blank" rel="noreferrer">
          {i18n.t('popup.open')}
        </a>
        <button type="button" class="plain" onClick={onCheck}>
          {i18n.t('popup.check')}
        </button>
        <button type="button" class="plain" onClick={onRemove}>
          {i18n.t('popup.remove')}
        </button>
      </div>
      {isChoosing && <SignInChoice url={url} />}
    </li>
  );
}

function PasswordForm({ onPassword }: Pick<Props, 'onPassword'>) {
  const [username, setUsername] = useState('opencode');
  const [password, setPassword] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    onPassword({ username, password });
  };
  return (
    <form onSubmit={submit}>
      <label>
        {i18n.t('popup.username')}
        <input autocomplete="off" value={username} onInput={(event) => setUsername(event.currentTarget.value)} />
      </label>
      <label>
        {i18n.t('popup.password')}
        <input type="password" required value={password} onInput={(event) => setPassword(event.currentTarget.value)} />
      </label>
      <p class="quiet">{i18n.t('popup.passwordHint')}</p>
      <button type="submit">{i18n.t('popup.storePassword')}</button>
    </form>
  );
}
