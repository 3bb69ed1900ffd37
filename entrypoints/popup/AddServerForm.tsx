import { useEffect, useRef, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { parseServerUrl, type ServerUrl, type ServerUrlProblem } from '@/lib/servers/server';

interface Props {
  /** Whether typing is what the popup was opened for. */
  focused: boolean;
  busy: boolean;
  /** Answers whether the server was added; if not, what was typed stays. */
  onAdd(url: ServerUrl): Promise<boolean>;
  onProblem(text: string): void;
}

export function AddServerForm({ focused, busy, onAdd, onProblem }: Props) {
  const [typed, setTyped] = useState('');

  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (focused) input.current?.focus();
  }, [focused]);

  const submit = (event: Event) => {
    event.preventDefault();
    const parsed = parseServerUrl(typed);
    if ('problem' in parsed) return onProblem(problemText(parsed.problem));
    void onAdd(parsed.url).then((added) => added && setTyped(''));
  };

  return (
    <form onSubmit={submit} noValidate>
      <div>
        <label for="server-url">{i18n.t('popup.serverUrl')}</label>
        <div class="row">
          <input
            id="server-url"
            ref={input}
            type="text"
            inputMode="url"
            autocomplete="off"
            spellcheck={false}
            placeholder="https://opencode.example.com"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          <button type="submit" class="primary" disabled={busy}>
            {i18n.t('popup.addServer')}
          </button>
        </div>
      </div>
    </form>
  );
}

function problemText(problem: ServerUrlProblem): string {
  const texts = {
    empty: i18n.t('urlProblem.empty'),
    'not-a-url': i18n.t('urlProblem.notAUrl'),
    'not-http': i18n.t('urlProblem.notHttp'),
    'has-credentials': i18n.t('urlProblem.hasCredentials'),
  } satisfies Record<ServerUrlProblem, string>;
  return texts[problem];
}
