import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import type { ServerCheck } from '../../methods/checkServer';
import { dropUnusedHostsLater } from '../../servers/hostPermission';
import { deleteServer, type KnownServer, type RemovedServer, restoreServer } from '../../servers/serverStore';
import type { ServerUrl } from '../../servers/serverUrl';
import { AddServer } from '../AddServer';
import { type Status, StatusLine, statusOfAddition } from '../StatusLine';
import { ServerList } from './ServerList';

interface Props {
  servers: KnownServer[];
  /** Whether the organisation lets its users add servers. */
  mayAdd: boolean;
  /** What came of it when the page itself has added one. */
  added?: ServerCheck | undefined;
  /** Whether something on the page asks for a server that is not here yet: the form is open then. */
  isAsked?: boolean;
  /** Whether something else on the page is more likely to be wanted than the form. */
  hasOther?: boolean;
  /** What a user without a server reads first. */
  intro?: string | undefined;
  /** What else could be added, below those that are there: it may come late. */
  children?: ComponentChildren;
  /** What is known about the servers has changed. */
  onChanged(): Promise<void>;
}

/** The servers, and the form that adds one: it is open where there is none yet, and gives way to the server that it has added. */
export function Servers({ servers, mayAdd, added, isAsked, hasOther, intro, children, onChanged }: Props) {
  const [status, setStatus] = useState<Status>();
  const [removed, setRemoved] = useState<RemovedServer>();
  /** Has just come or come back. */
  const [newest, setNewest] = useState<ServerUrl>();
  const [isAdding, setIsAdding] = useState(false);

  const tell = (check: ServerCheck) => {
    setStatus(statusOfAddition(check));
    if (check.kind === 'not-found' && !check.kept) return;
    setRemoved(undefined);
    // What was asked for is finished first, by a button of its own.
    if (!isAsked) setNewest(check.url);
  };
  useEffect(() => {
    if (added) tell(added);
    else setStatus(undefined);
  }, [added]);
  const begin = () => {
    setStatus(undefined);
    setIsAdding(true);
  };
  const remove = async (url: ServerUrl) => {
    setStatus(undefined);
    setRemoved(await deleteServer(url));
    await dropUnusedHostsLater();
    await onChanged();
  };
  const undo = async () => {
    if (removed) await restoreServer(removed);
    setNewest(removed?.server.url);
    setRemoved(undefined);
    await onChanged();
  };
  const isFirst = servers.length === 0 && !removed && !newest;
  const isFormOpen = servers.length === 0 || isAdding || isAsked;
  return (
    <>
      <StatusLine status={status} />
      {isFirst && mayAdd && intro && <p>{intro}</p>}
      <ServerList
        servers={servers}
        removed={removed}
        newest={newest}
        onSeen={() => setNewest(undefined)}
        onChanged={onChanged}
        onRemove={remove}
        onUndo={undo}
      />
      {children}
      {!mayAdd && <p class="quiet">{i18n.t('popup.policyForbids')}</p>}
      {mayAdd && !isFormOpen && (
        <button type="button" class="add-another" onClick={begin}>
          {i18n.t('popup.addAnother')}
        </button>
      )}
      {mayAdd && isFormOpen && (
        <AddServer
          isMain={(isFirst || isAdding) && !isAsked && !hasOther}
          focused={isFirst || isAdding}
          onBegin={begin}
          onAdded={(check) => {
            tell(check);
            setIsAdding(false);
            void onChanged();
          }}
        />
      )}
    </>
  );
}
