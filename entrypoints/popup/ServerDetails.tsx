import { useEffect, useId, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { parseCallbackTemplate, type TemplateProblem } from '@/lib/servers/callbackTemplate';
import type { Credentials } from '@/lib/servers/server';
import { getCredentials, type KnownServer, updateServer } from '@/lib/servers/serverStore';
import { PasswordForm } from './PasswordForm';
import type { ServerActions } from './ServerList';

interface Props extends ServerActions {
  server: KnownServer;
  /** The item asks for the password already. */
  asksForPassword: boolean;
  onCheck(): void;
  onPassword(credentials: Credentials | undefined): Promise<void>;
}

/** What is seldom needed of a server. */
export function ServerDetails({ server, asksForPassword, onCheck, onPassword, ...actions }: Props) {
  return (
    <div class="details">
      <div class="actions">
        <a class="button" href={server.url} target="_blank" rel="noreferrer">
          {i18n.t('popup.open')}
        </a>
        <button type="button" onClick={onCheck}>
          {i18n.t('popup.check')}
        </button>
        {!server.managed && (
          <button type="button" onClick={() => void actions.onRemove(server.url)}>
            {i18n.t('popup.remove')}
          </button>
        )}
      </div>
      {!server.managed && <RenameForm server={server} {...actions} />}
      {!asksForPassword && <Password server={server} onPassword={onPassword} />}
      {!server.managed && <DeliveryForm server={server} {...actions} />}
    </div>
  );
}

function RenameForm({ server, onChanged, onStatus }: Pick<Props, 'server' | 'onChanged' | 'onStatus'>) {
  const id = useId();
  const [name, setName] = useState(server.name ?? '');
  const submit = async (event: Event) => {
    event.preventDefault();
    await updateServer(server.url, { name: name.trim() || undefined });
    onStatus({ text: i18n.t('popup.saved'), tone: 'good' });
    await onChanged();
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <label for={id}>{i18n.t('popup.name')}</label>
      <div class="row">
        <input id={id} maxLength={60} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        <button type="submit">{i18n.t('popup.rename')}</button>
      </div>
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

function DeliveryForm({ server, onChanged, onStatus }: Pick<Props, 'server' | 'onChanged' | 'onStatus'>) {
  const [template, setTemplate] = useState(server.callbackTemplate);

  const save = async (callbackTemplate: string | undefined) => {
    await updateServer(server.url, { callbackTemplate });
    onStatus({ text: i18n.t('popup.saved'), tone: 'good' });
    await onChanged();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const parsed = parseCallbackTemplate(template ?? '', server.url);
    if ('template' in parsed) return void save(parsed.template);
    onStatus({ text: problemText(parsed.problem), tone: 'bad' });
  };
  const choose = (isAutomatic: boolean) => {
    setTemplate(isAutomatic ? undefined : '');
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
              inputMode="url"
              autocomplete="off"
              spellcheck={false}
              value={template}
              onInput={(event) => setTemplate(event.currentTarget.value)}
            />
          </label>
          <p class="quiet">{i18n.t('popup.callbackUrlHint', ['https://code.example.com/proxy/{port}{path}'])}</p>
          <button type="submit">{i18n.t('popup.save')}</button>
        </>
      )}
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
