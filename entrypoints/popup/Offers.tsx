import { useEffect, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { sendMessage } from '@/lib/messaging';
import { findOpencodeInActiveTab } from '@/lib/servers/activeSite';
import { originOf, type Server, type ServerUrl, serverName } from '@/lib/servers/server';
import { getOfferedSignIn, type OfferedSignIn } from '@/lib/sign-in/offeredSignIn';
import { requestServer } from '@/lib/ui/requestServer';
import { type Status, statusOf } from '@/lib/ui/StatusLine';

interface Props {
  servers: Server[];
  onServers(): Promise<void>;
  onStatus(status: Status): void;
}

/** What the extension has noticed and could do: finish a sign-in that started elsewhere, or use the site in this tab. */
export function Offers({ servers, onServers, onStatus }: Props) {
  const [offered, setOffered] = useState<OfferedSignIn>();
  const [site, setSite] = useState<ServerUrl>();

  useEffect(() => {
    void getOfferedSignIn().then(setOffered);
    void findOpencodeInActiveTab().then(setSite);
  }, []);

  const add = async (url: ServerUrl) => {
    const check = await requestServer({ url, finishOffered: offered !== undefined });
    if (!check) return onStatus({ text: i18n.t('add.notAllowed', [serverName(url)]), tone: 'bad' });
    setOffered(await getOfferedSignIn());
    onStatus(offered && check.kind === 'found' ? goesOn() : statusOf(check));
    await onServers();
  };
  const finish = async (url: ServerUrl) => {
    const taken = await sendMessage('takeOfferedSignIn', url);
    setOffered(undefined);
    onStatus(taken ? goesOn() : { text: i18n.t('popup.offerGone'), tone: 'bad' });
  };

  const isNew = (url: ServerUrl) => !servers.some((server) => server.url === url);
  // The page that a sign-in started on may be deep inside the site; opencode is looked for from there upwards.
  const startedOn = offered?.startedOn ?? (offered && site && isNew(site) ? site : undefined);
  if (offered && startedOn) {
    const name = serverName((originOf(startedOn) ?? startedOn) as ServerUrl);
    return (
      <Notice text={i18n.t('popup.offerKnown', [name])}>
        <button type="button" class="primary" onClick={() => void add(startedOn)}>
          {i18n.t('popup.offerAdd', [name])}
        </button>
      </Notice>
    );
  }
  if (offered) {
    return (
      <Notice text={i18n.t('popup.offerUnknown')}>
        {servers.map(({ url }) => (
          <button key={url} type="button" onClick={() => void finish(url)}>
            {i18n.t('popup.offerFinish', [serverName(url)])}
          </button>
        ))}
      </Notice>
    );
  }
  if (!site || !isNew(site)) return null;
  return (
    <Notice text={i18n.t('popup.useSiteHint')}>
      <button type="button" class="primary" onClick={() => void add(site)}>
        {i18n.t('popup.useSite', [serverName(site)])}
      </button>
    </Notice>
  );
}

function Notice({ text, children }: { text: string; children: preact.ComponentChildren }) {
  return (
    <div class="notice">
      <p>{text}</p>
      {children}
    </div>
  );
}

function goesOn(): Status {
  return { text: i18n.t('popup.offerTaken'), tone: 'good' };
}
