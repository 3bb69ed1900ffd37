import { useEffect, useState } from 'preact/hooks';
import { browser } from 'wxt/browser';
import { i18n } from '#i18n';
import { sendMessage } from '@/lib/messaging';
import { type ServerUrl, serverName } from '@/lib/servers/server';
import { getServers } from '@/lib/servers/serverStore';
import { AddServer } from '@/lib/ui/AddServer';
import type { SignInArrival } from './arrival';
import { PageFrame } from './PageFrame';
import { SignInPage } from './SignInPage';

/** Offers to send a response on that nobody here waits for. Never by itself: only the user knows where it belongs. */
export function UnclaimedPage({ id }: { id: string }) {
  const [servers, setServers] = useState<ServerUrl[]>();
  const [startedOn, setStartedOn] = useState<ServerUrl>();
  const [claimed, setClaimed] = useState<SignInArrival>();

  const load = async () => setServers((await getServers()).map((server) => server.url));
  useEffect(() => {
    const show = async () => {
      const response = await sendMessage('describeUnclaimed', id);
      setStartedOn(response?.startedOn);
      if (!response) setClaimed({ kind: 'sign-in', id: '' });
      await load();
    };
    void show();
  }, [id]);

  if (claimed) return <SignInPage arrival={claimed} />;

  const send = async (server: ServerUrl) => {
    const signIn = await sendMessage('claimFor', { id, server });
    setClaimed({ kind: 'sign-in', id: signIn ?? '' });
  };
  const leave = async () => {
    await sendMessage('forgetUnclaimed', id);
    const tab = await browser.tabs.getCurrent();
    if (tab?.id !== undefined) await browser.tabs.remove(tab.id);
  };

  return (
    <PageFrame phase="captured" title={i18n.t('callback.arrivedUnclaimed')} next={i18n.t('callback.sendTo')}>
      <div class="actions">
        {servers?.map((url) => (
          <button key={url} type="button" onClick={() => void send(url)}>
            {i18n.t('callback.sendToServer', [serverName(url)])}
          </button>
        ))}
        <button type="button" class="primary" onClick={() => void leave()}>
          {i18n.t('callback.leaveIt')}
        </button>
      </div>
      {servers && (startedOn || servers.length === 0) && (
        <AddServer initial={startedOn ?? ''} onAdded={() => void load()} />
      )}
    </PageFrame>
  );
}
