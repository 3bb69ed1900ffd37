import { useEffect, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { sendMessage } from '@/lib/messaging';
import { dropUnusedHostsLater, hasSignInPermission, requestSignInPermission } from '@/lib/servers/hostPermission';
import { type PolicyReading, readPolicy } from '@/lib/servers/managedPolicy';
import { type ServerUrl, serverName } from '@/lib/servers/server';
import {
  deleteServer,
  getServers,
  type KnownServer,
  type RemovedServer,
  restoreServer,
} from '@/lib/servers/serverStore';
import { AddServer } from '@/lib/ui/AddServer';
import { PageHeader } from '@/lib/ui/PageHeader';
import { requestServer } from '@/lib/ui/requestServer';
import { type Status, StatusLine, statusOf } from '@/lib/ui/StatusLine';
import { Offers } from './Offers';
import { RecentSignIns } from './RecentSignIns';
import { ServerList } from './ServerList';

export function Popup() {
  const [servers, setServers] = useState<KnownServer[]>();
  const [reading, setReading] = useState<PolicyReading>();
  const [status, setStatus] = useState<Status>();
  const [removed, setRemoved] = useState<RemovedServer>();
  const [mayWatch, setMayWatch] = useState(true);

  const load = async () => {
    setReading(await readPolicy());
    setServers(await getServers());
  };
  useEffect(() => {
    void hasSignInPermission().then(setMayWatch);
    void load();
  }, []);

  const say = (said: Status | undefined) => {
    setRemoved(undefined);
    setStatus(said);
  };
  const signIn = async (url: ServerUrl) => {
    const failure = await sendMessage('signInOn', url);
    if (failure) say(statusOf({ kind: 'not-found', url, failure, kept: true }));
  };
  const allow = async (url: ServerUrl) => {
    const check = await requestServer({ url, finishOffered: false });
    say(check ? statusOf(check) : { text: i18n.t('add.notAllowed', [serverName(url)]), tone: 'bad' });
    await load();
  };
  const remove = async (url: ServerUrl) => {
    setRemoved(await deleteServer(url));
    setStatus({ text: i18n.t('popup.removed', [serverName(url)]), tone: 'quiet' });
    await dropUnusedHostsLater();
    await load();
  };
  const undo = async () => {
    if (removed) await restoreServer(removed);
    say(undefined);
    await load();
  };

  if (!servers || !reading) return <PageHeader isTitle />;
  const mayAdd = reading.policy.allowOtherServers;
  return (
    <>
      <PageHeader isTitle />
      {!mayWatch && (
        <div class="notice bad">
          <p>{i18n.t('popup.signInPermission')}</p>
          <button type="button" class="primary" onClick={() => void requestSignInPermission().then(setMayWatch)}>
            {i18n.t('popup.allow')}
          </button>
        </div>
      )}
      {reading.problem !== undefined && (
        <div class="notice bad">
          <p>{i18n.t('popup.policyProblem', [reading.problem])}</p>
        </div>
      )}
      {mayAdd && <Offers servers={servers} onServers={load} onStatus={say} />}
      {servers.length === 0 && mayAdd && <p>{i18n.t('popup.empty')}</p>}
      <ServerList
        servers={servers}
        onChanged={load}
        onStatus={say}
        onSignIn={signIn}
        onAllow={allow}
        onRemove={remove}
      />
      <StatusLine status={status}>
        {removed && (
          <button type="button" onClick={() => void undo()}>
            {i18n.t('popup.undo')}
          </button>
        )}
      </StatusLine>
      {mayAdd ? (
        <AddServer focused={servers.length === 0} onAdded={() => void load()} />
      ) : (
        <p class="quiet">{i18n.t('popup.policyForbids')}</p>
      )}
      <RecentSignIns />
      <footer class="quiet">
        <span>{i18n.t('popup.notAffiliated')}</span>
        <a href="/options.html" target="_blank" rel="noopener">
          {i18n.t('options.open')}
        </a>
      </footer>
    </>
  );
}
