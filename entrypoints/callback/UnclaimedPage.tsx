import { useEffect, useState } from 'preact/hooks';
import { browser } from 'wxt/browser';
import { i18n } from '#i18n';
import { sendMessage } from '@/lib/messaging';
import { type ServerUrl, serverName } from '@/lib/servers/server';
import type { Destinations } from '@/lib/sign-in/unclaimedResponse';
import type { SignInArrival } from './arrival';
import { PageFrame } from './PageFrame';
import { SignInPage } from './SignInPage';

/** Offers to send a response on that nobody here waits for. Never by itself: only the user knows where it belongs. */
export function UnclaimedPage({ id }: { id: string }) {
  const [destinations, setDestinations] = useState<Destinations>();
  const [claimed, setClaimed] = useState<SignInArrival>();

  useEffect(() => {
    const load = async () => {
      const found = await sendMessage('destinationsOf', id);
      setDestinations(found);
      if (!found) setClaimed({ kind: 'sign-in', id: '' });
    };
    void load();
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
        {destinations?.servers.map((url, index) => (
          <button
            key={url}
            type="button"
            class={destinations.isKnown && index === 0 ? 'primary' : ''}
            onClick={() => void send(url)}
          >
            {i18n.t('callback.sendToServer', [serverName(url)])}
          </button>
        ))}
        <button type="button" class={destinations?.isKnown ? '' : 'primary'} onClick={() => void leave()}>
          {i18n.t('callback.leaveIt')}
        </button>
      </div>
    </PageFrame>
  );
}
