import { useEffect, useRef, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import type { ServerCheck } from '../methods/checkServer';
import { parseServerUrl, type ServerUrl, type ServerUrlProblem, serverName } from '../servers/serverUrl';
import { requestServer } from './requestServer';
import { type Status, StatusLine, statusOf } from './StatusLine';

interface Props {
  /** Whether typing is what the page was opened for. */
  focused?: boolean;
  /** Whether nothing else on the page is more likely to be wanted. */
  isMain?: boolean;
  /** What stands in the field at first. */
  initial?: string;
  /** The user has pressed the button: the form has to stay until it has its answer. */
  onBegin?(): void;
  /** The server is kept: whoever shows the form says so. */
  onAdded(check: ServerCheck): void;
}

/** The one field that the extension needs filled: asks for the host's permission, and looks for opencode there. */
export function AddServer({ focused, isMain = true, initial = '', onBegin, onAdded }: Props) {
  const [typed, setTyped] = useState(initial);
  const [busy, setBusy] = useState(false);
  const [status, setStatus] = useState<Status>();

  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (focused) input.current?.focus();
  }, [focused]);

  const add = async (url: ServerUrl) => {
    onBegin?.();
    const tell = (text: string) => setStatus({ text, tone: 'quiet' });
    tell(i18n.t('add.asking', [serverName(url)]));
    setBusy(true);
    const look = () => tell(i18n.t('add.checking', [serverName(url)]));
    const check = await requestServer({ url, finishOffered: false }, look);
    setBusy(false);
    if (!check) return setStatus({ text: i18n.t('add.notAllowed', [serverName(url)]), tone: 'bad' });
    if (check.kind === 'not-found' && !check.kept) {
      setStatus(statusOf(check));
      return input.current?.focus();
    }
    setStatus(undefined);
    setTyped('');
    onAdded(check);
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (busy) return;
    const parsed = parseServerUrl(typed);
    if ('url' in parsed) return void add(parsed.url);
    setStatus({ text: problemText(parsed.problem), tone: 'bad' });
    input.current?.focus();
  };

  return (
    <form onSubmit={submit} noValidate>
      <label for="server-url">{i18n.t('add.serverUrl')}</label>
      <div class="row">
        <input
          id="server-url"
          ref={input}
          type="text"
          inputMode="url"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          placeholder="https://code.example.com"
          aria-describedby="server-url-status"
          aria-invalid={status?.tone === 'bad'}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        {/* Not disabled: that would take the keyboard away from it. */}
        <button type="submit" class={isMain ? 'primary' : ''} aria-disabled={busy}>
          {i18n.t('add.addServer')}
        </button>
      </div>
      <StatusLine id="server-url-status" status={status} />
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
