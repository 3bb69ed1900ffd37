import { useEffect, useRef, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { sendMessage } from '../../messages';
import { type SignInOption, signInOptions } from '../../methods/signInOptions';
import { nameIn, type Target } from '../../methods/target';
import type { Failure } from '../../opencode/failure';
import type { ServerUrl } from '../../servers/serverUrl';
import { failureText } from '../failures';
import { nameOf, SignInPrompts } from './SignInPrompts';
import { OpenLink } from './WayIn';

interface Props {
  id: string;
  url: ServerUrl;
  /** Answers why not, if it was not started. */
  onStart(target: Target): Promise<Failure | undefined>;
}

/** Lets the user choose what to sign in to on a server, and asks for what that sign-in needs to know. */
export function SignInChoice({ id, url, onStart }: Props) {
  const [options, setOptions] = useState<SignInOption[]>();
  const [chosen, setChosen] = useState<SignInOption>();
  const [problem, setProblem] = useState('');
  /** Where the keyboard goes back to. */
  const left = useRef<SignInOption>(undefined);

  useEffect(() => {
    void sendMessage('readCatalogue', url).then((answer) => {
      if ('name' in answer) setProblem(failureText(answer, url).title);
      else setOptions(signInOptions(answer));
    });
  }, [url]);

  const start = async (target: Target) => {
    setProblem('');
    const failure = await onStart(target);
    if (failure) setProblem(problemText(failure, url, target));
  };
  const choose = (option: SignInOption) => {
    if (option.prompts.length > 0) setChosen(option);
    else void start(option.target);
  };
  const back = () => {
    left.current = chosen;
    setChosen(undefined);
  };

  const ofOpencode = options?.filter(({ byDeviceCode }) => byDeviceCode) ?? [];
  const ours = options?.filter(({ byDeviceCode }) => !byDeviceCode) ?? [];
  return (
    <section id={id} class="offers" aria-label={i18n.t('popup.signInChoice')}>
      {!options && !problem && <p class="quiet">{i18n.t('popup.checkingShort')}</p>}
      {options?.length === 0 && <p class="quiet">{i18n.t('popup.nothingToSignInTo')}</p>}
      {chosen && (
        <SignInPrompts
          option={chosen}
          onBack={back}
          onDone={(inputs) => void start({ ...chosen.target, inputs } as Target)}
        />
      )}
      {!chosen && ours.length > 0 && (
        <ul class="choices">
          {ours.map((option) => (
            <li key={keyOf(option)}>
              <button
                ref={(button) => void (left.current === option && button?.focus())}
                type="button"
                class="plain"
                onClick={() => choose(option)}
              >
                <Offered option={option} />
              </button>
            </li>
          ))}
        </ul>
      )}
      {!chosen && ofOpencode.length > 0 && (
        <div class="unhelped">
          <p>{i18n.t('popup.byDeviceCode')}</p>
          <ul>
            {ofOpencode.map((option) => (
              <li key={keyOf(option)}>{nameOf(option)}</li>
            ))}
          </ul>
          <OpenLink url={url} />
        </div>
      )}
      {problem && (
        <p class="bad" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}

/** What it is, how one signs in to it, and whether that has been done. The spaces are for who hears it. */
function Offered({ option: { target, method, isConnected } }: { option: SignInOption }) {
  return (
    <>
      <span class="name">{target.label}</span> <span class="quiet">{method ?? i18n.t('popup.mcpServer')}</span>{' '}
      {isConnected && <span class="state good">{i18n.t('popup.isConnected')}</span>}
    </>
  );
}

/** A server may call several by the same name. */
function keyOf({ target }: SignInOption): string {
  return `${target.kind} ${'method' in target ? target.method : ''} ${nameIn(target)}`;
}

function problemText(failure: Failure, url: ServerUrl, target: Target): string {
  const { title, next } = failureText(failure, url, target.label);
  return failure.detail ? `${title}: ${failure.detail}` : `${title}. ${next}`;
}
