import { useEffect, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { getServers } from '@/lib/servers/serverStore';
import { AddServer } from '@/lib/ui/AddServer';
import { PageHeader } from '@/lib/ui/PageHeader';
import { CatchPicture, DeliverPicture, LoginPicture } from './pictures';

/** The first minute: what the extension does, what it never does, and the one thing that it needs to know. */
export function Welcome() {
  const [hasServer, setHasServer] = useState(false);
  useEffect(() => {
    document.title = `${i18n.t('welcome.title')} · ${i18n.t('extension.name')}`;
    void getServers().then((servers) => setHasServer(servers.length > 0));
  }, []);

  return (
    <>
      <PageHeader />
      <h1>{i18n.t('welcome.title')}</h1>
      <ol class="story">
        <li>
          <LoginPicture />
          <p>{i18n.t('welcome.step1')}</p>
        </li>
        <li>
          <CatchPicture />
          <p>{i18n.t('welcome.step2')}</p>
        </li>
        <li>
          <DeliverPicture />
          <p>{i18n.t('welcome.step3')}</p>
        </li>
      </ol>
      <section class="begin">
        <h2>{i18n.t('welcome.begin')}</h2>
        <AddServer focused onAdded={() => setHasServer(true)} />
        {hasServer && <p>{i18n.t('welcome.done')}</p>}
      </section>
      <section>
        <h2>{i18n.t('welcome.never')}</h2>
        <ul>
          <li>{i18n.t('welcome.never1')}</li>
          <li>{i18n.t('welcome.never2')}</li>
          <li>{i18n.t('welcome.never3')}</li>
        </ul>
      </section>
      <footer class="quiet">{i18n.t('popup.notAffiliated')}</footer>
    </>
  );
}
