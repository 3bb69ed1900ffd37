import { i18n } from '#i18n';
import { serverName } from '@/lib/servers/serverUrl';
import type { SignInView } from '@/lib/sign-in/signIn';
import { stageOf } from '@/lib/ui/failures';

type StepState = 'done' | 'current' | 'failed' | 'to-do';

/** The way of the response from here to the server, and where it is now. */
export function Steps({ signIn }: { signIn: SignInView }) {
  if (signIn.failure && stageOf(signIn.failure) === 'start') return null;
  const texts = [
    i18n.t('callback.stepArrived', [signIn.target.label]),
    i18n.t('callback.stepSending', [serverName(signIn.server)]),
    i18n.t('callback.stepExchanging'),
    i18n.t('callback.stepCompleted'),
  ];
  const reached = stepOf(signIn, texts.length);
  return (
    <ol class="steps" aria-label={i18n.t('callback.steps')}>
      {texts.map((text, index) => {
        const state = stateOf(index, reached, signIn);
        return (
          <li key={text} class={state} aria-current={state === 'current' ? 'step' : undefined}>
            {text}
          </li>
        );
      })}
    </ol>
  );
}

/** The index of the step that is under way, or that failed. */
function stepOf({ phase, sent, failure }: SignInView, count: number): number {
  if (phase === 'completed') return count;
  return sent || (failure && stageOf(failure) === 'exchange') ? 2 : 1;
}

function stateOf(index: number, reached: number, { phase }: SignInView): StepState {
  if (index < reached) return 'done';
  if (index > reached) return 'to-do';
  return phase === 'failed' ? 'failed' : 'current';
}
