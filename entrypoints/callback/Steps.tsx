import { i18n } from '#i18n';
import { serverName } from '@/lib/servers/serverUrl';
import type { SignInView } from '@/lib/sign-in/signIn';
import { stageOf } from '@/lib/ui/failures';

type StepState = 'done' | 'current' | 'failed' | 'to-do';

/**
 * The way of the response from here to the server, and where it is now.
 * @param isHandedOver the user has it from this page, to bring it there, before it was sent: it counts as sent from then on
 */
export function Steps({ signIn, isHandedOver }: { signIn: SignInView; isHandedOver: boolean }) {
  if (signIn.failure && stageOf(signIn.failure) === 'start') return null;
  const reached = stepOf(signIn);
  const server = serverName(signIn.server);
  // Each says what is so: before, while and after it is done, and when it failed. A response is here before the page is.
  const sending = {
    'to-do': i18n.t('callback.stepSending', [server]),
    current: i18n.t('callback.stepSending', [server]),
    done: isHandedOver ? i18n.t('callback.stepHandedOver', [server]) : i18n.t('callback.stepSent', [server]),
    failed: i18n.t('callback.stepNotSent', [server]),
  } satisfies Record<StepState, string>;
  const finishing = {
    'to-do': i18n.t('callback.stepToFinish'),
    current: i18n.t('callback.stepFinishing'),
    done: i18n.t('callback.stepFinished'),
    failed: i18n.t(
      signIn.failure?.name === 'refused-at-exchange' ? 'callback.stepNotFinished' : 'callback.stepUnclear',
    ),
  } satisfies Record<StepState, string>;
  const steps = [{ done: i18n.t('callback.stepArrived', [signIn.target.label]) }, sending, finishing];
  return (
    <ol class="steps" aria-label={i18n.t('callback.steps')}>
      {steps.map((texts: Partial<Record<StepState, string>>, index) => {
        const state = stateOf(index, reached, signIn);
        return (
          <li key={index} class={state} aria-current={state === 'current' ? 'step' : undefined}>
            {texts[state]}
          </li>
        );
      })}
    </ol>
  );
}

/** The index of the step that is under way, or that failed. */
function stepOf({ phase, sent, failure }: SignInView): number {
  if (phase === 'completed') return 3;
  return sent || (failure && stageOf(failure) === 'exchange') ? 2 : 1;
}

function stateOf(index: number, reached: number, { phase }: SignInView): StepState {
  if (index < reached) return 'done';
  if (index > reached) return 'to-do';
  return phase === 'failed' ? 'failed' : 'current';
}
