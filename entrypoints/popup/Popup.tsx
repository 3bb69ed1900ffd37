import { useEffect, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { sendMessage } from '@/lib/messaging';
import { chatGpt } from '@/lib/opencode/target';
import type { ServerCheck } from '@/lib/servers/checkServer';
import { hasSignInPermission, requestHostPermission, requestSignInPermission } from '@/lib/servers/hostPermission';
import { type Credentials, type ServerUrl, serverName } from '@/lib/servers/server';
import { getServers, setPendingServer } from '@/lib/servers/serverStore';
import { failureText } from '@/lib/ui/failureText';
import { AddServerForm } from './AddServerForm';
import { RecentSignIns } from './RecentSignIns';
import { ServerItem } from './ServerItem';

interface Message {
  text: string;
  tone: 'good' | 'bad' | 'quiet';
}

export function Popup() {
  const [servers, setServers] = useState<ServerUrl[]>();
  const [checks, setChecks] = useState<Partial<Record<ServerUrl, ServerCheck>>>({});
  const [message, setMessage] = useState<Message>();
  const [busy, setBusy] = useState(false);
  const [mayWatch, setMayWatch] = useState(true);

  const noteCheck = (check: ServerCheck) => setChecks((before) => ({ ...before, [check.url]: check }));
  const loadServers = async () => {
    const urls = (await getServers()).map((server) => server.url);
    setServers(urls);
    return urls;
  };

  useEffect(() => {
    void hasSignInPermission().then(setMayWatch);
    void loadServers().then((urls) => {
      for (const url of urls) void sendMessage('checkServer', url).then(noteCheck);
    });
  }, []);

  /** Runs one action of the user's, with its progress and its result in the status line. */
  const act = async (url: ServerUrl, action: Promise<ServerCheck>) => {
    setBusy(true);
    setMessage({ text: i18n.t('popup.checking', [serverName(url)]), tone: 'quiet' });
    const check = await action;
    noteCheck(check);
    setMessage(messageOf(check));
    await loadServers();
    setBusy(false);
    return check;
  };

  const add = async (url: ServerUrl) => {
    // Both before anything is awaited: the prompt needs the click, and in Firefox it closes this popup.
    void setPendingServer(url);
    const allowed = await requestHostPermission(url);
    if (!allowed) {
      await setPendingServer(null);
      setMessage({ text: i18n.t('popup.notAllowed', [serverName(url)]), tone: 'bad' });
      return false;
    }
    const check = await act(url, sendMessage('addServer', url));
    return check.kind === 'found' || check.kept;
  };

  const signIn = async (url: ServerUrl) => {
    const failure = await sendMessage('signInOn', { server: url, target: chatGpt });
    if (failure) setMessage(messageOf({ kind: 'not-found', url, failure, kept: true }));
  };

  const remove = async (url: ServerUrl) => {
    await sendMessage('removeServer', url);
    await loadServers();
    setMessage({ text: i18n.t('popup.removed', [serverName(url)]), tone: 'quiet' });
  };

  return (
    <>
      <header>
        <img src="/icons/48.png" alt="" />
        <h1>{i18n.t('extension.name')}</h1>
      </header>
      {!mayWatch && (
        <div class="notice">
          <p>{i18n.t('popup.signInPermission')}</p>
          <button type="button" class="primary" onClick={() => void requestSignInPermission().then(setMayWatch)}>
            {i18n.t('popup.allow')}
          </button>
        </div>
      )}
      {servers?.length === 0 && <p>{i18n.t('popup.empty')}</p>}
      {servers !== undefined && servers.length > 0 && (
        <ul aria-label={i18n.t('popup.servers')}>
          {servers.map((url) => (
            <ServerItem
              key={url}
              url={url}
              check={checks[url]}
              onSignIn={() => void signIn(url)}
              onCheck={() => act(url, sendMessage('checkServer', url))}
              onAllow={() => add(url)}
              onRemove={() => remove(url)}
              onPassword={(credentials: Credentials) => act(url, sendMessage('saveCredentials', { url, credentials }))}
            />
          ))}
        </ul>
      )}
      <AddServerForm
        focused={servers?.length === 0}
        busy={busy}
        onAdd={add}
        onProblem={(text) => setMessage({ text, tone: 'bad' })}
      />
      <p role="status" class={message?.tone}>
        {message?.text}
      </p>
      <RecentSignIns />
      <footer class="quiet">{i18n.t('popup.notAffiliated')}</footer>
    </>
  );
}

function messageOf(check: ServerCheck): Message {
  if (check.kind === 'found') {
    const found = i18n.t('popup.found', [check.version, serverName(check.url)]);
    return { text: `${found} ${i18n.t('popup.ready')}`, tone: 'good' };
  }
  const { title, next } = failureText(check.failure, check.url);
  const detail = check.failure.detail ? ` (${check.failure.detail})` : '';
  return { text: `${title}${detail}. ${next}`, tone: 'bad' };
}
