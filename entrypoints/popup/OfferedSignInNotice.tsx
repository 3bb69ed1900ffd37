import { i18n } from '#i18n';
import type { Server } from '@/lib/servers/server';
import { originOf, type ServerUrl, serverName } from '@/lib/servers/serverUrl';
import { Notice } from '@/lib/ui/Notice';

interface Props {
  servers: Server[];
  /** The page that it started on, if that is known. */
  startedOn: ServerUrl | undefined;
  /** Where opencode is in the tab that the user is on. Nothing says that it started there. */
  shown: ServerUrl | undefined;
  onAdd(url: ServerUrl): Promise<void>;
  onFinish(url: ServerUrl): Promise<void>;
}

/** A sign-in was seen to start on a server that is not added: it can still be finished there. */
export function OfferedSignInNotice({ servers, startedOn, shown, onAdd, onFinish }: Props) {
  if (startedOn) {
    const name = serverName((originOf(startedOn) ?? startedOn) as ServerUrl);
    return (
      <Notice text={i18n.t('popup.offerKnown', [name])}>
        <button type="button" class="primary" onClick={() => void onAdd(startedOn)}>
          {i18n.t('popup.offerAdd', [name])}
        </button>
      </Notice>
    );
  }
  return (
    <Notice text={shown ? i18n.t('popup.offerPerhaps', [serverName(shown)]) : i18n.t('popup.offerUnknown')}>
      {shown && (
        <button type="button" onClick={() => void onAdd(shown)}>
          {i18n.t('popup.offerAdd', [serverName(shown)])}
        </button>
      )}
      {servers.length > 0 && (
        <div class="destinations">
          {/* The one that was added for it is the newest. */}
          {servers.toReversed().map(({ url, name }) => (
            <button key={url} type="button" onClick={() => void onFinish(url)}>
              {i18n.t('popup.offerFinish', [name ?? serverName(url)])}
            </button>
          ))}
        </div>
      )}
    </Notice>
  );
}
