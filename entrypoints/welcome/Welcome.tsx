import { useEffect, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { readPolicyToShow } from '@/lib/servers/managedPolicy';
import { getServers, type KnownServer } from '@/lib/servers/serverStore';
import { PageHeader } from '@/lib/ui/PageHeader';
import { Servers } from '@/lib/ui/servers/Servers';
import { CatchPicture, DeliverPicture, LoginPicture } from './pictures';

/** The first minute: the one thing that the extension needs to know, the first sign-in, and what it does and never does. */
export function Welcome() {
  const [known, setKnown] = useState<{ servers: KnownServer[]; mayAdd: boolean }>();
  const load = async () => {
    for await (const reading of readPolicyToShow()) {
      setKnown({ servers: await getServers(reading), mayAdd: reading.policy.allowOtherServers });
    }
  };
  useEffect(() => {
    document.title = `${i18n.t('extension.name')} · ${i18n.t('welcome.title')}`;
    void load();
    // The popup may have changed the list meanwhile.
    const lookAgain = () => void load();
    addEventListener('focus', lookAgain);
    return () => removeEventListener('focus', lookAgain);
  }, []);

  if (!known) return <PageHeader />;
  const isReady = known.servers.length > 0;
  return (
    <>
      <PageHeader />
      <h1>{i18n.t('welcome.title')}</h1>
      <section class="begin">
        <h2>{i18n.t(isReady || !known.mayAdd ? 'popup.servers' : 'welcome.begin')}</h2>
        <Servers {...known} onChanged={load} />
        {isReady && (
          <div class="quiet">
            <p>{i18n.t('welcome.inOpencode')}</p>
            <p>{i18n.t('welcome.later')}</p>
          </div>
        )}
      </section>
      <section>
        <h2>{i18n.t('welcome.story')}</h2>
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
      </section>
      <section>
        <h2>{i18n.t('welcome.never')}</h2>
        <ul class="never">
          <li>{i18n.t('welcome.never1')}</li>
          <li>{i18n.t('welcome.never2')}</li>
          <li>{i18n.t('welcome.never3')}</li>
        </ul>
      </section>
      <footer class="quiet">{i18n.t('popup.notAffiliated')}</footer>
    </>
  );
}
