import { useEffect, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { onMessage, sendMessage } from '@/lib/messages';
import { serverName } from '@/lib/servers/serverUrl';
import type { SignInView } from '@/lib/sign-in/signIn';
import { failureText } from '@/lib/ui/failures';
import { requestDelivery } from '@/lib/ui/requestDelivery';
import { type SignInArrival, showSignInInAddress } from './arrival';
import { ClosingSoon } from './ClosingSoon';
import { FinishByHand } from './FinishByHand';
import { Help } from './Help';
import { NextSteps } from './NextSteps';
import { PageFrame, type PagePhase } from './PageFrame';
import { Steps } from './Steps';
import { useOpenDialog } from './useOpenDialog';

/** Follows one sign-in from the arrival of its response to its end. */
export function SignInPage({ arrival }: { arrival: SignInArrival }) {
  const [signIn, setSignIn] = useState<SignInView | 'unknown'>();
  const [isHandedOver, setHandedOver] = useState(false);

  const deliver = async (found: SignInView) => {
    // What the user pressed shows at once; the background's own word follows.
    setSignIn({ ...found, phase: 'delivering', failure: undefined, canRetry: false, canHandOver: false });
    setSignIn((await requestDelivery(found.id)) ?? 'unknown');
  };

  const followByHand = (found: SignInView) => {
    setHandedOver(!found.sent);
    return deliver({ ...found, sent: true });
  };

  useEffect(() => {
    let id = '';
    const stopListening = onMessage('signInChanged', (changed) => {
      if (changed.id === id) setSignIn(changed);
    });
    const show = async () => {
      const found =
        arrival.kind === 'response'
          ? await sendMessage('captureResponse', arrival.parameters)
          : await sendMessage('getSignIn', arrival.id);
      id = found?.id ?? '';
      // What belongs to nothing here may be a response that somebody else waits for: its address is left as it came.
      if (found) showSignInInAddress(id);
      setSignIn(found ?? 'unknown');
      if (found && !hasEnded(found)) await deliver(found);
    };
    void show();
    return stopListening;
  }, [arrival]);

  const words = wordsFor(signIn);
  const isDialogOpen = useOpenDialog(signIn);
  if (signIn === undefined || signIn === 'unknown') {
    return <PageFrame {...words}>{signIn && <Help about="unknown" />}</PageFrame>;
  }
  return (
    <PageFrame
      {...words}
      {...(isDialogOpen ? { next: i18n.t('callback.completedDialog') } : {})}
      server={serverName(signIn.server)}
    >
      <Steps signIn={signIn} isHandedOver={isHandedOver} />
      {signIn.phase === 'completed' && isDialogOpen === false && <ClosingSoon server={signIn.server} />}
      {signIn.phase === 'failed' && <NextSteps signIn={signIn} onDeliver={() => void deliver(signIn)} />}
      <FinishByHand signIn={signIn} onHandedOver={() => void followByHand(signIn)} />
      {signIn.failure && <Help about={signIn.failure.name} signIn={signIn} />}
    </PageFrame>
  );
}

interface Words {
  phase: PagePhase;
  title: string;
  next: string;
  detail?: string | undefined;
  isQuestion?: boolean;
}

function wordsFor(signIn: SignInView | 'unknown' | undefined): Words {
  if (signIn === 'unknown') {
    const [title, next] = [i18n.t('callback.unknown'), i18n.t('callback.unknownNext')];
    return { phase: 'failed', title, next, isQuestion: true };
  }
  if (signIn?.phase === 'delivering') {
    const title = signIn.sent ? i18n.t('callback.exchanging') : i18n.t('callback.sending', [serverName(signIn.server)]);
    return { phase: 'delivering', title, next: i18n.t('callback.exchangingNext') };
  }
  if (signIn?.phase === 'completed') {
    const title = i18n.t('callback.completed', [serverName(signIn.server), signIn.target.label]);
    return { phase: 'completed', title, next: i18n.t('callback.completedNext') };
  }
  if (signIn?.failure) {
    const { name, detail } = signIn.failure;
    return { phase: 'failed', ...failureText({ name }, signIn.server, signIn.target.label), detail };
  }
  // Before the background has answered, nothing is known of the sign-in.
  const title = signIn ? i18n.t('callback.arrivedFrom', [signIn.target.label]) : i18n.t('callback.arrived');
  return { phase: 'captured', title, next: i18n.t('callback.arrivedNext') };
}

function hasEnded(signIn: SignInView): boolean {
  return signIn.phase === 'completed' || signIn.phase === 'failed';
}
