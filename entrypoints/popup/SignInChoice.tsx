import { useEffect, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { sendMessage } from '@/lib/messages';
import { type Prompt, promptsToAnswer, type SignInOption } from '@/lib/methods/signInOptions';
import type { Target } from '@/lib/methods/target';
import type { Failure } from '@/lib/opencode/failure';
import type { ServerUrl } from '@/lib/servers/serverUrl';
import { failureText } from '@/lib/ui/failures';

/** Lets the user choose what to sign in to on a server, and asks for what that sign-in needs to know. */
export function SignInChoice({ id, url }: { id: string; url: ServerUrl }) {
  const [options, setOptions] = useState<SignInOption[]>();
  const [chosen, setChosen] = useState<SignInOption>();
  const [problem, setProblem] = useState('');

  useEffect(() => {
    void sendMessage('signInOptions', url).then((answer) => {
      if (Array.isArray(answer)) setOptions(answer);
      else setProblem(failureText(answer, url).title);
    });
  }, [url]);

  const start = async (target: Target) => {
    setProblem('');
    const failure = await sendMessage('signInOn', { server: url, target });
    if (failure) setProblem(problemText(failure, url, target));
  };
  const choose = (option: SignInOption) => {
    if (option.prompts.length > 0) setChosen(option);
    else void start(option.target);
  };

  return (
    <section id={id} class="offers" aria-label={i18n.t('popup.signInChoice')}>
      {!options && !problem && <p class="quiet">{i18n.t('popup.checkingShort')}</p>}
      {options?.length === 0 && <p class="quiet">{i18n.t('popup.nothingToSignInTo')}</p>}
      {chosen ? (
        <Prompts
          option={chosen}
          onBack={() => setChosen(undefined)}
          onDone={(inputs) => void start({ ...chosen.target, inputs } as Target)}
        />
      ) : (
        options?.map((option) => (
          <button key={nameOf(option)} type="button" class="plain" onClick={() => choose(option)}>
            {nameOf(option)}
          </button>
        ))
      )}
      {problem && (
        <p class="bad" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}

interface PromptsProps {
  option: SignInOption;
  onBack(): void;
  onDone(inputs: Record<string, string>): void;
}

/** The questions of one sign-in, in opencode's words; a question whose condition does not hold is not asked. */
function Prompts({ option, onBack, onDone }: PromptsProps) {
  const [inputs, setInputs] = useState(() => firstChoices(option.prompts));
  const asked = promptsToAnswer(option.prompts, inputs);
  const submit = (event: Event) => {
    event.preventDefault();
    onDone(Object.fromEntries(asked.map(({ key }) => [key, inputs[key] ?? ''])));
  };
  return (
    <form onSubmit={submit} aria-label={nameOf(option)}>
      {asked.map((prompt) => (
        <div key={prompt.key}>
          <label for={prompt.key}>{prompt.message}</label>
          <Answer
            prompt={prompt}
            value={inputs[prompt.key] ?? ''}
            onChange={(value) => setInputs((before) => ({ ...before, [prompt.key]: value }))}
          />
        </div>
      ))}
      <div class="actions">
        <button type="submit" class="primary">
          {i18n.t('popup.continue')}
        </button>
        <button type="button" class="plain" onClick={onBack}>
          {i18n.t('popup.back')}
        </button>
      </div>
    </form>
  );
}

function Answer({ prompt, value, onChange }: { prompt: Prompt; value: string; onChange(value: string): void }) {
  if (prompt.type === 'text') {
    return (
      <input
        id={prompt.key}
        autocomplete="off"
        spellcheck={false}
        placeholder={prompt.placeholder}
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  return (
    <select id={prompt.key} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      {prompt.options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

/** A list shows its first choice as chosen, so it is. */
function firstChoices(prompts: Prompt[]): Record<string, string> {
  return Object.fromEntries(
    prompts.flatMap((prompt) => (prompt.type === 'select' ? [[prompt.key, prompt.options[0]?.value ?? '']] : [])),
  );
}

function nameOf({ target, method }: SignInOption): string {
  return method ? `${target.label}: ${method}` : target.label;
}

function problemText(failure: Failure, url: ServerUrl, target: Target): string {
  const { title, next } = failureText(failure, url, target.label);
  return failure.detail ? `${title}: ${failure.detail}` : `${title}. ${next}`;
}
