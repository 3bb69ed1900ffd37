import { useEffect, useRef, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { hostsOf, requestHostPermission } from '@/lib/servers/hostPermission';
import type { Server } from '@/lib/servers/server';
import { getServers, saveServer } from '@/lib/servers/serverStore';
import { type FileProblem, readSettings, writeSettings } from '@/lib/servers/settingsFile';
import { CopyReport } from '@/lib/ui/CopyReport';
import { PageHeader } from '@/lib/ui/PageHeader';
import { type Status, StatusLine } from '@/lib/ui/StatusLine';

/** What is seldom needed: taking the servers to another browser, as a file. In a tab, where a file dialog does not close it. */
export function Options() {
  const [status, setStatus] = useState<Status>();
  const [imported, setImported] = useState<Server[]>([]);
  const file = useRef<HTMLInputElement>(null);

  useEffect(() => {
    document.title = `${i18n.t('options.title')} · ${i18n.t('extension.name')}`;
  }, []);

  const load = async () => {
    const [chosen] = file.current?.files ?? [];
    if (!chosen) return;
    const settings = readSettings(await chosen.text());
    if (file.current) file.current.value = '';
    if ('problem' in settings) return setStatus({ text: problemText(settings.problem), tone: 'bad' });
    const known = await getServers();
    const added = settings.servers.filter(({ url }) => !known.some((server) => server.url === url));
    for (const server of added) await saveServer(server);
    setImported(added);
    setStatus({
      text: i18n.t('options.imported', [String(added.length), String(settings.servers.length)]),
      tone: 'good',
    });
  };
  const allow = async () => {
    if (await requestHostPermission(...imported.flatMap(hostsOf))) setImported([]);
  };
  return (
    <>
      <PageHeader />
      <h1>{i18n.t('options.title')}</h1>
      <section>
        <h2>{i18n.t('options.export')}</h2>
        <p>{i18n.t('options.exportHint')}</p>
        <button type="button" onClick={() => void save()}>
          {i18n.t('options.exportButton')}
        </button>
      </section>
      <section>
        <h2>{i18n.t('options.import')}</h2>
        <p>{i18n.t('options.importHint')}</p>
        <label class="button">
          {i18n.t('options.importButton')}
          <input ref={file} class="hidden" type="file" accept="application/json,.json" onChange={() => void load()} />
        </label>
        <StatusLine status={status}>
          {imported.length > 0 && (
            <button type="button" class="primary" onClick={() => void allow()}>
              {i18n.t('popup.allow')}
            </button>
          )}
        </StatusLine>
      </section>
      <section>
        <h2>{i18n.t('options.report')}</h2>
        <p>{i18n.t('options.reportHint')}</p>
        <CopyReport />
      </section>
    </>
  );
}

async function save(): Promise<void> {
  const servers = (await getServers()).filter(({ managed }) => !managed);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([writeSettings(servers)], { type: 'application/json' }));
  link.download = 'callback-courier.json';
  link.click();
}

function problemText({ name, detail = '' }: FileProblem): string {
  const texts = {
    'not-settings': i18n.t('fileProblem.notSettings'),
    'newer-version': i18n.t('fileProblem.newerVersion'),
    malformed: i18n.t('fileProblem.malformed', [detail]),
  } satisfies Record<FileProblem['name'], string>;
  return texts[name];
}
