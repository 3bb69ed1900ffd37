import { useEffect, useRef, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { sendMessage } from '@/lib/messaging';
import type { ServerCheck } from '@/lib/servers/checkServer';
import { type Credentials, serverName } from '@/lib/servers/server';
import type { KnownServer } from '@/lib/servers/serverStore';
import { failureText } from '@/lib/ui/failureText';
import { statusOf } from '@/lib/ui/StatusLine';
import { PasswordForm } from './PasswordForm';
import { ServerDetails } from './ServerDetails';
import type { ServerActions } from './ServerList';

/** One server: what it is called, how it stands, and the one thing that people come for. */
export function ServerItem({ server, ...actions }: { server: KnownServer } & ServerActions) {
  const { url } = server;
  const [check, setCheck] = useState<ServerCheck>();
  const [isOpen, setIsOpen] = useState(false);
  const item = useRef<HTMLLIElement>(null);

  useEffect(() => {
    // Of many servers only those are asked that the user sees.
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      void sendMessage('checkServer', url).then(setCheck);
    });
    if (item.current) observer.observe(item.current);
    return () => observer.disconnect();
  }, [url]);

  /** Looks again, and says what came of it. */
  const checkAgain = async (asked: Promise<ServerCheck>) => {
    setCheck(undefined);
    const answer = await asked;
    setCheck(answer);
    actions.onStatus(statusOf(answer));
  };
  const storePassword = (credentials: Credentials | undefined) =>
    checkAgain(sendMessage('saveCredentials', { url, credentials }));

  const failure = check?.kind === 'not-found' ? check.failure : undefined;
  const host = serverName(url);
  return (
    <li ref={item}>
      <div class="head">
        <div class="who">
          <span class="name">{server.name ?? host}</span>
          {server.name && <span class="quiet">{host}</span>}
          <State check={check} />
          {server.managed && <span class="quiet">{i18n.t('popup.managed')}</span>}
        </div>
        <button
          type="button"
          class="plain more"
          aria-expanded={isOpen}
          aria-label={i18n.t(isOpen ? 'popup.less' : 'popup.more', [server.name ?? host])}
          onClick={() => setIsOpen(!isOpen)}
        >
          <span aria-hidden="true">{isOpen ? '×' : '⋯'}</span>
        </button>
      </div>
      {check?.kind === 'found' && (
        <button
          type="button"
          class={check.connected ? 'wide' : 'wide primary'}
          onClick={() => void actions.onSignIn(url)}
        >
          {i18n.t('popup.signIn')}
        </button>
      )}
      {failure && (
        <>
          <p>{failureText(failure, url).next}</p>
          {failure.name === 'permission-withdrawn' && (
            <button type="button" class="primary" onClick={() => void actions.onAllow(url)}>
              {i18n.t('popup.allow')}
            </button>
          )}
          {failure.name === 'password-required' && <PasswordForm onPassword={storePassword} />}
        </>
      )}
      {isOpen && (
        <ServerDetails
          server={server}
          {...actions}
          onCheck={() => checkAgain(sendMessage('checkServer', url))}
          onPassword={storePassword}
          asksForPassword={failure?.name === 'password-required'}
        />
      )}
    </li>
  );
}

function State({ check }: { check: ServerCheck | undefined }) {
  if (!check) return <span class="quiet">{i18n.t('popup.checkingShort')}</span>;
  if (check.kind === 'not-found') return <span class="bad">{failureText(check.failure, check.url).title}</span>;
  const version = i18n.t('popup.version', [check.version]);
  if (check.connected === undefined) return <span class="quiet">{version}</span>;
  return (
    <span class={check.connected ? 'good' : 'quiet'}>
      {version} · {i18n.t(check.connected ? 'popup.connected' : 'popup.notConnected')}
    </span>
  );
}
