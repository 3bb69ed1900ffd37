import { useEffect, useRef, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { type Prompt, promptsToAnswer, type SignInOption } from '../../methods/signInOptions';

interface Props {
  option: SignInOption;
  onBack(): void;
  onDone(inputs: Record<string, string>): void;
}

/** The questions of one sign-in, in opencode's words; a question whose condition does not hold is not asked. */
export function SignInPrompts({ option, onBack, onDone }: Props) {
  const [inputs, setInputs] = useState(() => firstChoices(option.prompts));
  const asked = promptsToAnswer(option.prompts, inputs);
  const form = useRef<HTMLFormElement>(null);
  // The button that was pressed is gone.
  useEffect(() => form.current?.querySelector<HTMLElement>('input, select, button')?.focus(), []);
  const submit = (event: Event) => {
    event.preventDefault();
    onDone(Object.fromEntries(asked.map(({ key }) => [key, inputs[key] ?? ''])));
  };
  return (
    <form ref={form} onSubmit={submit} aria-label={nameOf(option)}>
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

/** What it is and how one signs in to it, in opencode's words. */
export function nameOf({ target, method }: SignInOption): string {
  return method ? `${target.label}: ${method}` : target.label;
}
