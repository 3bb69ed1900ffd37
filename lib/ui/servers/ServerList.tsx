import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import type { Server } from '../../servers/server';
import type { KnownServer, RemovedServer } from '../../servers/serverStore';
import { type ServerUrl, serverName } from '../../servers/serverUrl';
import type { ServerActions } from './ServerDetails';
import { ServerItem } from './ServerItem';

interface Props extends ServerActions {
  servers: KnownServer[];
  /** Still has its place in the list, where its removal can be undone. */
  removed: RemovedServer | undefined;
  /** Has just come or come back: the keyboard goes there. */
  newest: ServerUrl | undefined;
  onSeen(): void;
  onUndo(): Promise<void>;
}

/** More than this many are easier to find by typing. */
const SURVEYABLE = 7;

export function ServerList({ servers, removed, newest, onSeen, onUndo, ...actions }: Props) {
  const [filter, setFilter] = useState('');
  useEffect(() => {
    if (newest) setFilter('');
  }, [newest]);

  const rows: KnownServer[] = removed ? servers.toSpliced(removed.index, 0, removed.server) : servers;
  if (rows.length === 0) return null;
  const wanted = filter.trim().toLowerCase();
  const found = rows.filter(({ url, name = '' }) => `${name} ${url}`.toLowerCase().includes(wanted));
  return (
    <>
      {servers.length > SURVEYABLE && (
        <label>
          {i18n.t('popup.filter')}
          <input type="search" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
        </label>
      )}
      {found.length === 0 && (
        <p class="quiet" role="status">
          {i18n.t('popup.noMatch', [filter])}
        </p>
      )}
      {found.length > 0 && (
        <ul class={servers.length > SURVEYABLE ? 'servers many' : 'servers'} aria-label={i18n.t('popup.servers')}>
          {found.map((server) =>
            server === removed?.server ? (
              <RemovedItem key={server.url} server={server} onUndo={onUndo} />
            ) : (
              <ServerItem
                key={server.url}
                server={server}
                focused={server.url === newest}
                onSeen={onSeen}
                {...actions}
              />
            ),
          )}
        </ul>
      )}
    </>
  );
}

/** Stands where the server stood. It takes the keyboard, because the button that was pressed is gone. */
function RemovedItem({ server, onUndo }: { server: Server; onUndo(): Promise<void> }) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <li class="removed">
      <span id={id} class="quiet" role="status">
        {i18n.t('popup.removed', [server.name ?? serverName(server.url)])}
      </span>
      <button ref={button} type="button" aria-describedby={id} onClick={() => void onUndo()}>
        {i18n.t('popup.undo')}
      </button>
    </li>
  );
}
