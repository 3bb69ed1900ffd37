import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import type { Failure } from '../../opencode/failure';
import { callbackOrigin, parseCallbackTemplate, type TemplateProblem } from '../../servers/callbackTemplate';
import { requestHostPermission } from '../../servers/hostPermission';
import type { Credentials } from '../../servers/server';
import { getCredentials, type KnownServer, updateServer } from '../../servers/serverStore';
import type { ServerUrl } from '../../servers/serverUrl';
import { CopyReport } from '../CopyReport';
import { type Status, StatusLine } from '../StatusLine';
import { PasswordForm } from './PasswordForm';
import { SelfCheck } from './SelfCheck';
import { OpenLink } from './WayIn';

export interface ServerActions {
  /** What is known about the servers has changed. */
  onChanged(): Promise<void>;
  onRemove(url: ServerUrl): Promise<void>;
}

interface Props extends ServerActions {
  id: string;
  server: KnownServer;
  /** What is offered because of it already. */
  failure: Failure | undefined;
  onPassword(credentials: Credentials | undefined): Promise<void>;
}

/** What is seldom needed of a server. */
export function ServerDetails({ id, server, failure, onPassword, onChanged, onRemove }: Props) {
  return (
    <div id={id} class="details">
      {!failure && (
        <div class="actions">
          <OpenLink url={server.url} />
        </div>
      )}
      {!server.managed && <RenameForm server={server} onChanged={onChanged} />}
      {failure?.name !== 'password-required' && <Password server={server} onPassword={onPassword} />}
      <SelfCheck server={server} />
      {failure && <CopyReport failure={failure.name} />}
      {!server.managed && <DeliveryForm server={server} onChanged={onChanged} />}
      {!server.managed && (
        <button type="button" class="danger" onClick={() => void onRemove(server.url)}>
          {i18n.t('popup.remove')}
        </button>
      )}
    </div>
  );
}

function RenameForm({ server, onChanged }: Pick<Props, 'server' | 'onChanged'>) {
  const id = useId();
  const [name, setName] = useState(server.name ?? '');
  const [status, setStatus] = useState<Status>();
  const submit = async (event: Event) => {
    event.preventDefault();
    await updateServer(server.url, { name: name.trim() || undefined });
    setStatus({ text: i18n.t('popup.saved'), tone: 'good' });
    await onChanged();
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <label for={id}>{i18n.t('popup.name')}</label>
      <div class="row">
        <input id={id} maxLength={60} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        <button type="submit">{i18n.t('popup.rename')}</button>
      </div>
      <StatusLine status={status} />
    </form>
  );
}

function Password({ server, onPassword }: Pick<Props, 'server' | 'onPassword'>) {
  const [isStored, setIsStored] = useState(false);
  const load = async () => setIsStored((await getCredentials(server.url)) !== undefined);
  useEffect(() => void load(), [server.url]);

  const change = (credentials: Credentials | undefined) => void onPassword(credentials).then(load);
  if (!isStored) {
    return (
      <details>
        <summary>{i18n.t('popup.storePassword')}</summary>
        <PasswordForm onPassword={change} />
      </details>
    );
  }
  return (
    <div class="row">
      <span class="quiet">{i18n.t('popup.passwordStored')}</span>
      <button type="button" onClick={() => change(undefined)}>
        {i18n.t('popup.forgetPassword')}
      </button>
    </div>
  );
}

function DeliveryForm({ server, onChanged }: Pick<Props, 'server' | 'onChanged'>) {
  const id = useId();
  const [template, setTemplate] = useState(server.callbackTemplate);
  const [status, setStatus] = useState<Status>();
  const input = useRef<HTMLInputElement>(null);

  const save = async (callbackTemplate: string | undefined) => {
    // Both at once: the prompt needs the click, and in Firefox it closes the popup.
    const saved = updateServer(server.url, { callbackTemplate });
    if (callbackTemplate !== undefined) await requestHostPermission(callbackOrigin(callbackTemplate));
    await saved;
    setStatus({ text: i18n.t('popup.saved'), tone: 'good' });
    await onChanged();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const parsed = parseCallbackTemplate(template ?? '', server.url);
    if ('template' in parsed) return void save(parsed.template);
    setStatus({ text: problemText(parsed.problem), tone: 'bad' });
    input.current?.focus();
  };
  const choose = (isAutomatic: boolean) => {
    setTemplate(isAutomatic ? undefined : '');
    setStatus(undefined);
    if (isAutomatic && server.callbackTemplate) void save(undefined);
  };
  return (
    <form onSubmit={submit} noValidate>
      <fieldset>
        <legend>{i18n.t('popup.delivery')}</legend>
        <label class="choice">
          <input type="radio" checked={template === undefined} onChange={() => choose(true)} />
          {i18n.t('popup.deliveryAutomatic')}
        </label>
        <label class="choice">
          <input type="radio" checked={template !== undefined} onChange={() => choose(false)} />
          {i18n.t('popup.deliveryCallbackUrl')}
        </label>
      </fieldset>
      {template !== undefined && (
        <>
          <label>
            {i18n.t('popup.callbackUrl')}
            <input
              ref={input}
              inputMode="url"
              autocomplete="off"
              spellcheck={false}
              aria-describedby={`${id} ${id}-status`}
              aria-invalid={status?.tone === 'bad'}
              value={template}
              onInput={(event) => setTemplate(event.currentTarget.value)}
            />
          </label>
          <p id={id} class="quiet">
            {i18n.t('popup.callbackUrlHint', ['https://code.example.com/proxy/{port}{path}'])}
          </p>
          <button type="submit">{i18n.t('popup.save')}</button>
        </>
      )}
      <StatusLine id={`${id}-status`} status={status} />
    </form>
  );
}

function problemText(problem: TemplateProblem): string {
  const texts = {
    'not-a-url': i18n.t('templateProblem.notAUrl'),
    'not-http': i18n.t('templateProblem.notHttp'),
    'has-credentials': i18n.t('templateProblem.hasCredentials'),
    'unknown-placeholder': i18n.t('templateProblem.unknownPlaceholder', ['{port}', '{path}']),
    'has-query': i18n.t('templateProblem.hasQuery'),
    'this-computer': i18n.t('templateProblem.thisComputer'),
  } satisfies Record<TemplateProblem, string>;
  return texts[problem];
}
