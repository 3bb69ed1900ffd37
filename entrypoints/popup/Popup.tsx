import { useEffect, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { sendMessage } from '@/lib/messages';
import type { ServerCheck } from '@/lib/methods/checkServer';
import { findOpencodeInActiveTab } from '@/lib/servers/activeSite';
import { hasSignInPermission, requestSignInPermission } from '@/lib/servers/hostPermission';
import { type PolicyReading, readPolicyToShow } from '@/lib/servers/managedPolicy';
import { getServers, type KnownServer } from '@/lib/servers/serverStore';
import { type ServerUrl, serverName } from '@/lib/servers/serverUrl';
import { getOfferedSignIn, type OfferedSignIn, watchOfferedSignIn } from '@/lib/sign-in/offeredSignIn';
import { Notice } from '@/lib/ui/Notice';
import { PageHeader } from '@/lib/ui/PageHeader';
import { requestServer } from '@/lib/ui/requestServer';
import { type Status, StatusLine } from '@/lib/ui/StatusLine';
import { Servers } from '@/lib/ui/servers/Servers';
import { OfferedSignInNotice } from './OfferedSignInNotice';
import { RecentSignIns } from './RecentSignIns';

/** What is read before anything is shown, all at once, so that nothing moves that is there already. */
interface Known {
  servers: KnownServer[];
  policy: PolicyReading;
  offered: OfferedSignIn | undefined;
  mayWatch: boolean;
}

export function Popup() {
  const [known, setKnown] = useState<Known>();
  const [site, setSite] = useState<ServerUrl>();
  const [status, setStatus] = useState<Status>();
  const [added, setAdded] = useState<ServerCheck>();

  const load = async () => {
    for await (const policy of readPolicyToShow()) {
      const [servers, offered, mayWatch] = await Promise.all([
        getServers(policy),
        getOfferedSignIn(),
        hasSignInPermission(),
      ]);
      setKnown({ servers, policy, offered, mayWatch });
    }
  };
  useEffect(() => {
    void load();
    void findOpencodeInActiveTab().then(setSite);
    return watchOfferedSignIn(() => void load());
  }, []);

  if (!known) return <PageHeader isTitle />;
  const { servers, policy, mayWatch } = known;
  const mayAdd = policy.policy.allowOtherServers;
  const offered = mayAdd || servers.length > 0 ? known.offered : undefined;
  const newSite = mayAdd && site && !servers.some(({ url }) => url === site) ? site : undefined;

  const add = async (url: ServerUrl) => {
    setStatus(undefined);
    setAdded(undefined);
    const check = await requestServer({ url, finishOffered: offered !== undefined });
    if (!check) return setStatus({ text: i18n.t('add.notAllowed', [serverName(url)]), tone: 'bad' });
    if (offered && (check.kind === 'found' || check.kept)) setStatus(goesOn());
    else setAdded(check);
    await load();
  };
  const finish = async (url: ServerUrl) => {
    const taken = await sendMessage('takeOfferedSignIn', url);
    setStatus(taken ? goesOn() : { text: i18n.t('popup.offerGone'), tone: 'bad' });
    await load();
  };
  return (
    <>
      <PageHeader isTitle />
      {!mayWatch && (
        <Notice text={i18n.t('popup.signInPermission')} tone="bad">
          <button type="button" class="primary" onClick={() => void requestSignInPermission().then(load)}>
            {i18n.t('popup.allow')}
          </button>
        </Notice>
      )}
      {policy.problem !== undefined && <Notice text={i18n.t('popup.policyProblem', [policy.problem])} tone="bad" />}
      {offered && (
        <OfferedSignInNotice
          servers={servers}
          startedOn={offered.startedOn}
          shown={newSite}
          onAdd={add}
          onFinish={finish}
        />
      )}
      <StatusLine status={status} />
      <Servers
        servers={servers}
        mayAdd={mayAdd}
        added={added}
        isAsked={offered !== undefined}
        hasOther={newSite !== undefined}
        intro={offered ? undefined : i18n.t('popup.empty')}
        onChanged={() => {
          setStatus(undefined);
          return load();
        }}
      >
        {newSite && !offered && (
          <Notice text={i18n.t('popup.useSiteHint')}>
            <button type="button" class="primary" onClick={() => void add(newSite)}>
              {i18n.t('popup.useSite', [serverName(newSite)])}
            </button>
          </Notice>
        )}
      </Servers>
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

function goesOn(): Status {
  return { text: i18n.t('popup.offerTaken'), tone: 'good' };
}
