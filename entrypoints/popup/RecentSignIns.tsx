import { useEffect, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { onMessage, sendMessage } from '@/lib/messages';
import { serverName } from '@/lib/servers/serverUrl';
import type { SignInView } from '@/lib/sign-in/signIn';
import { failureText } from '@/lib/ui/failures';

/** Older ones have been seen long since. */
const SHOWN = 5;

/** The sign-ins of this browser session, the newest first, and how each ended. */
export function RecentSignIns() {
  const [signIns, setSignIns] = useState<SignInView[]>([]);

  useEffect(() => {
    const load = () => void sendMessage('getSignIns').then(setSignIns);
    load();
    return onMessage('signInChanged', load);
  }, []);

  if (signIns.length === 0) return null;
  return (
    <section>
      <h2>{i18n.t('popup.recent')}</h2>
      <ul class="recent" aria-label={i18n.t('popup.recent')}>
        {signIns.slice(0, SHOWN).map((signIn) => (
          <li key={signIn.id}>
            <span class="name">
              {signIn.target.label} · {serverName(signIn.server)}
            </span>
            <time class="quiet" dateTime={new Date(signIn.startedAt).toISOString()}>
              {new Date(signIn.startedAt).toLocaleTimeString([], { timeStyle: 'short' })}
            </time>
            <Outcome signIn={signIn} />
            {signIn.isDiverted && <p class="quiet">{i18n.t('popup.diverted')}</p>}
            {(signIn.canRetry || signIn.phase === 'captured' || signIn.phase === 'delivering') && (
              <a href={`/callback.html#${signIn.id}`} target="_blank" rel="noreferrer">
                {i18n.t('popup.continue')}
              </a>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Outcome({ signIn }: { signIn: SignInView }) {
  if (signIn.phase === 'completed') return <span class="state good">{i18n.t('popup.signedIn')}</span>;
  if (signIn.failure) {
    const { title } = failureText(signIn.failure, signIn.server, signIn.target.label);
    return <span class="state bad">{title}</span>;
  }
  return <span class="state quiet">{i18n.t(signIn.phase === 'waiting' ? 'popup.waiting' : 'popup.underWay')}</span>;
}
