import { useState } from 'preact/hooks';
import { i18n } from '#i18n';
import type { Credentials } from '../../servers/server';

export function PasswordForm({ onPassword }: { onPassword(credentials: Credentials): void }) {
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
