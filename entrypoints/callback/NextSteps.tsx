import { useEffect, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { sendMessage } from '@/lib/messages';
import type { Failure } from '@/lib/opencode/failure';
import { hostsOf, requestHostPermission } from '@/lib/servers/hostPermission';
import { getServer } from '@/lib/servers/serverStore';
import { watchServerTabs } from '@/lib/servers/serverTab';
import { serverName } from '@/lib/servers/serverUrl';
import type { SignInView } from '@/lib/sign-in/signIn';
import { failureText, nextStepOf } from '@/lib/ui/failures';

/** What can be done about a failure. */
export function NextSteps({ signIn, onDeliver }: { signIn: SignInView; onDeliver(): void }) {
  const { server, canRetry, failure } = signIn;
  const nextStep = failure && nextStepOf(failure);
  const needsPermission = nextStep === 'allow';
  const needsLogin = nextStep === 'log-in';

  const [startFailure, setStartFailure] = useState<Failure>();
  const mayStartAgain = nextStep === 'start-again' && signIn.canStartAgain;

  useEffect(() => {
    if (!canRetry || !needsLogin) return;
    return watchServerTabs(server, onDeliver);
  }, [canRetry, needsLogin, server, onDeliver]);

  const startAgain = async () => {
    setStartFailure(undefined);
    setStartFailure(await sendMessage('signInOn', { server, target: signIn.target }));
  };
  const [hosts, setHosts] = useState<string[]>([server]);
  useEffect(() => {
    void getServer(server).then((known) => known && setHosts(hostsOf(known)));
  }, [server]);
  const allow = async () => {
    if (await requestHostPermission(...hosts)) onDeliver();
  };
  const openLink = (
    <a class={needsLogin ? 'button primary' : 'button'} href={server} target="_blank" rel="noreferrer">
      {i18n.t('callback.openOpencode')}
    </a>
  );
  return (
    <>
      {canRetry && <TimeLeft deadline={signIn.deadline} />}
      <div class="actions">
        {needsLogin && openLink}
        {canRetry && needsPermission && (
          <button type="button" class="primary" onClick={() => void allow()}>
            {i18n.t('callback.allow', [serverName(server)])}
          </button>
        )}
        {mayStartAgain && (
          <button type="button" class="primary" onClick={() => void startAgain()}>
            {i18n.t('callback.startAgain')}
          </button>
        )}
        {canRetry && !needsPermission && (
          <button type="button" class={needsLogin || mayStartAgain ? '' : 'primary'} onClick={onDeliver}>
            {i18n.t('callback.tryAgain')}
          </button>
        )}
        {!needsLogin && openLink}
      </div>
      {startFailure && (
        <p class="bad" role="alert">
          {failureText(startFailure, server, signIn.target.label).title}
        </p>
      )}
    </>
  );
}

/** Counts down to the moment when opencode stops waiting. */
function TimeLeft({ deadline }: { deadline: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const clock = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(clock);
  }, []);
  const seconds = Math.max(0, Math.ceil((deadline - now) / 1_000));
  const left = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return (
    <p class="quiet" role="timer">
      {i18n.t('callback.timeLeft', [left])}
    </p>
  );
}
