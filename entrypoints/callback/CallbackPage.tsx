import { useEffect, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { onMessage, sendMessage } from '@/lib/messaging';
import { requestHostPermission } from '@/lib/servers/hostPermission';
import { serverName } from '@/lib/servers/server';
import { watchServerTabs } from '@/lib/servers/serverTab';
import type { SignInView } from '@/lib/sign-in/signIn';
import { failureText } from '@/lib/ui/failureText';
import { type Arrival, showSignInInAddress } from './arrival';

export function CallbackPage({ arrival }: { arrival: Arrival }) {
  const [signIn, setSignIn] = useState<SignInView | 'unknown'>();

  useEffect(() => {
    let id = '';
    const stopListening = onMessage('signInChanged', ({ data }) => {
      if (data.id === id) setSignIn(data);
    });
    const show = async () => {
      const found =
        arrival.kind === 'response'
          ? await sendMessage('captureResponse', arrival.callbackUrl)
          : await sendMessage('getSignIn', arrival.id);
      id = found?.id ?? '';
      showSignInInAddress(id);
      setSignIn(found ?? 'unknown');
      if (found && !hasEnded(found)) setSignIn((await sendMessage('deliverSignIn', found.id)) ?? 'unknown');
    };
    void show();
    return stopListening;
  }, [arrival]);

  const { phase, title, next, detail } = wordsFor(signIn);
  useEffect(() => {
    document.documentElement.dataset.phase = phase;
    document.title = `${title} · ${i18n.t('extension.name')}`;
  }, [phase, title]);

  const known = signIn !== 'unknown' ? signIn : undefined;
  return (
    <>
      <header>
        <img src="/icons/48.png" alt="" />
        <span>{i18n.t('extension.name')}</span>
        {known && <span class="server">{serverName(known.server)}</span>}
      </header>
      <div role="status">
        <h1 class={toneOf(phase)}>{title}</h1>
        {detail && <p class="quiet">{detail}</p>}
        <p>{next}</p>
      </div>
      {known && phase === 'failed' && <NextSteps signIn={known} />}
    </>
  );
}

/** What can be done about a failure. */
function NextSteps({ signIn }: { signIn: SignInView }) {
  const { id, server, canRetry, failure } = signIn;
  const needsPermission = failure?.name === 'permission-withdrawn';
  const needsLogin = failure?.name === 'password-required' || failure?.name === 'login-required';
  const deliver = () => void sendMessage('deliverSignIn', id);

  useEffect(
    () => (canRetry && needsLogin ? watchServerTabs(server, deliver) : undefined),
    [canRetry, needsLogin, server],
  );

  const allow = async () => {
    if (await requestHostPermission(server)) deliver();
  };
  return (
    <div class="actions">
      {canRetry && needsPermission && (
        <button type="button" class="primary" onClick={() => void allow()}>
          {i18n.t('callback.allow', [serverName(server)])}
        </button>
      )}
      {canRetry && !needsPermission && (
        <button type="button" class={needsLogin ? '' : 'primary'} onClick={deliver}>
          {i18n.t('callback.tryAgain')}
        </button>
      )}
      <a class={needsLogin ? 'button primary' : 'button'} href={server} target="_blank" rel="noreferrer">
        {i18n.t('callback.openOpencode')}
      </a>
    </div>
  );
}

interface Words {
  phase: 'captured' | 'delivering' | 'completed' | 'failed';
  title: string;
  next: string;
  detail?: string | undefined;
}

function wordsFor(signIn: SignInView | 'unknown' | undefined): Words {
  if (signIn === 'unknown') {
    return { phase: 'failed', title: i18n.t('callback.unknown'), next: i18n.t('callback.unknownNext') };
  }
  if (signIn?.phase === 'delivering') {
    return signIn.sent
      ? { phase: 'delivering', title: i18n.t('callback.exchanging'), next: i18n.t('callback.exchangingNext') }
      : {
          phase: 'delivering',
          title: i18n.t('callback.sending', [serverName(signIn.server)]),
          next: i18n.t('callback.exchangingNext'),
        };
  }
  if (signIn?.phase === 'completed') {
    return {
      phase: 'completed',
      title: i18n.t('callback.completed', [serverName(signIn.server)]),
      next: i18n.t('callback.completedNext'),
    };
  }
  if (signIn?.failure)
    return { phase: 'failed', ...failureText(signIn.failure, signIn.server), detail: signIn.failure.detail };
  return { phase: 'captured', title: i18n.t('callback.arrived'), next: i18n.t('callback.arrivedNext') };
}

function hasEnded(signIn: SignInView): boolean {
  return signIn.phase === 'completed' || signIn.phase === 'failed';
}

function toneOf(phase: Words['phase']): string {
  return phase === 'completed' ? 'good' : phase === 'failed' ? 'bad' : '';
}
