import { useEffect, useState } from 'preact/hooks';
import { browser } from 'wxt/browser';
import { i18n } from '#i18n';
import { sendMessage } from '@/lib/messages';
import type { Server } from '@/lib/servers/server';
import { getServers } from '@/lib/servers/serverStore';
import { originOf, type ServerUrl, serverName } from '@/lib/servers/serverUrl';
import type { UnclaimedView } from '@/lib/sign-in/unclaimedResponse';
import { AddServer } from '@/lib/ui/AddServer';
import { requestServer } from '@/lib/ui/requestServer';
import { type Status, StatusLine, statusOf, statusOfAddition } from '@/lib/ui/StatusLine';
import { TroubleshootingLink } from '@/lib/ui/TroubleshootingLink';
import { whereOneWaits } from '@/lib/ui/whereOneWaits';
import type { SignInArrival } from './arrival';
import { PageFrame } from './PageFrame';
import { SignInPage } from './SignInPage';

/** Offers to send a response on that nobody here waits for. Never by itself: only the user knows where it belongs. */
export function UnclaimedPage({ id }: { id: string }) {
  const [view, setView] = useState<Pick<UnclaimedView, 'startedOn'> & { because: Because }>();
  const [servers, setServers] = useState<Server[]>();
  const [claimed, setClaimed] = useState<SignInArrival>();
  const [status, setStatus] = useState<Status>();

  const load = async () => {
    const [found, known] = await Promise.all([sendMessage('describeUnclaimed', id), getServers()]);
    if (!found) return undefined;
    const isUnknown = !found.because && !found.startedOn;
    const waiting = isUnknown ? await whereOneWaits(found.servers) : [];
    setView({ ...found, because: found.because ?? (waiting.length === 1 ? 'waiting' : undefined) });
    const inOrder = [...new Set([...waiting, ...found.servers])];
    setServers(inOrder.flatMap((url) => known.find((server) => server.url === url) ?? []));
    return found;
  };
  useEffect(() => {
    const show = async () => {
      if (!(await load())) setClaimed({ kind: 'sign-in', id: '' });
    };
    void show();
  }, [id]);

  if (claimed) return <SignInPage arrival={claimed} />;

  const send = async (server: ServerUrl) => {
    const signIn = await sendMessage('claimFor', { id, server });
    setClaimed({ kind: 'sign-in', id: signIn ?? '' });
  };
  const addAndSend = async (url: ServerUrl) => {
    const check = await requestServer({ url, finishOffered: false });
    if (!check) return setStatus({ text: i18n.t('add.notAllowed', [serverName(url)]), tone: 'bad' });
    if (check.kind === 'found' || check.kept) return send(check.url);
    setStatus(statusOf(check));
  };
  const leave = async () => {
    await sendMessage('forgetUnclaimed', id);
    const tab = await browser.tabs.getCurrent();
    if (tab?.id !== undefined) await browser.tabs.remove(tab.id);
  };

  const { startedOn, because } = view ?? {};
  const origin = startedOn && serverName((originOf(startedOn) ?? startedOn) as ServerUrl);
  return (
    <PageFrame
      phase="captured"
      isQuestion
      title={i18n.t(because === 'state' ? 'callback.arrivedElsewhere' : 'callback.arrivedUnclaimed')}
      next={origin ? i18n.t('popup.offerKnown', [origin]) : reasonFor(because, servers?.[0])}
    >
      {startedOn && origin && (
        <button type="button" class="primary" onClick={() => void addAndSend(startedOn)}>
          {i18n.t('popup.offerAdd', [origin])}
        </button>
      )}
      <StatusLine status={status} />
      {servers && servers.length > 0 && (
        <div class="destinations">
          {servers.map(({ url, name }, index) => (
            <button
              key={url}
              type="button"
              class={because && index === 0 ? 'primary' : ''}
              onClick={() => void send(url)}
            >
              {i18n.t('callback.sendToServer', [name ?? serverName(url)])}
            </button>
          ))}
        </div>
      )}
      {/* opencode may be below a path of the site, which Chromium does not tell. */}
      {servers && (status || (!startedOn && servers.length === 0)) && (
        <AddServer
          initial={startedOn ?? ''}
          isMain={false}
          onAdded={(check) => {
            setStatus(statusOfAddition(check));
            void load();
          }}
        />
      )}
      {/* With the others: a button that comes later would move this one from under the pointer. */}
      {servers && (
        <div class="actions">
          <button type="button" class={because || startedOn ? '' : 'primary'} onClick={() => void leave()}>
            {i18n.t('callback.leaveIt')}
          </button>
          <TroubleshootingLink about="unclaimed" />
        </div>
      )}
    </PageFrame>
  );
}

/** See `UnclaimedView`; or a sign-in may be waiting there, by the server's own word, and on no other. */
type Because = UnclaimedView['because'] | 'waiting';

/** Why it belongs to the server that is named first, as far as that is known. */
function reasonFor(because: Because, first: Server | undefined): string {
  if (!because || !first) return i18n.t('callback.sendTo');
  const name = first.name ?? serverName(first.url);
  const reasons = {
    state: i18n.t('callback.becauseState', [name]),
    start: i18n.t('callback.becauseStart', [name]),
    waiting: i18n.t('callback.becauseWaiting', [name]),
  };
  return reasons[because];
}
