import { useState } from 'preact/hooks';
import { i18n } from '#i18n';
import type { ServerUrl } from '@/lib/servers/server';
import type { KnownServer } from '@/lib/servers/serverStore';
import type { Status } from '@/lib/ui/StatusLine';
import { ServerItem } from './ServerItem';

export interface ServerActions {
  /** What is known about the servers has changed. */
  onChanged(): Promise<void>;
  onStatus(status: Status): void;
  onSignIn(url: ServerUrl): Promise<void>;
  onAllow(url: ServerUrl): Promise<void>;
  onRemove(url: ServerUrl): Promise<void>;
}

/** More than this many are easier to find by typing. */
const SURVEYABLE = 7;

export function ServerList({ servers, ...actions }: { servers: KnownServer[] } & ServerActions) {
  const [filter, setFilter] = useState('');

  if (servers.length === 0) return null;
  const wanted = filter.trim().toLowerCase();
  const found = servers.filter(({ url, name = '' }) => `${name} ${url}`.toLowerCase().includes(wanted));
  return (
    <>
      {servers.length > SURVEYABLE && (
        <label>
          {i18n.t('popup.filter')}
          <input type="search" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
        </label>
      )}
      {found.length === 0 && <p class="quiet">{i18n.t('popup.noMatch', [filter])}</p>}
      <ul class="servers" aria-label={i18n.t('popup.servers')}>
        {found.map((server) => (
          <ServerItem key={server.url} server={server} {...actions} />
        ))}
      </ul>
    </>
  );
}
