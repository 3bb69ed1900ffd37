import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { browser } from 'wxt/browser';
import { i18n } from '#i18n';
import { findServerPage } from '@/lib/servers/serverTab';
import type { ServerUrl } from '@/lib/servers/serverUrl';

const SECONDS = 5;
/** Whoever does something on the page is still at it. */
const SIGNS_OF_LIFE = ['pointermove', 'pointerdown', 'keydown', 'wheel'];

/** After a success: closes the tab and returns to opencode, unless the user is on the page. Time counts while it is seen. */
export function ClosingSoon({ server }: { server: ServerUrl }) {
  const [secondsLeft, setSecondsLeft] = useState<number | undefined>(SECONDS);

  useEffect(() => {
    if (secondsLeft === undefined) return;
    if (secondsLeft === 0) return void closeAndReturn(server);
    const clock = setInterval(() => !document.hidden && setSecondsLeft(secondsLeft - 1), 1_000);
    return () => clearInterval(clock);
  }, [secondsLeft, server]);

  // From the moment that it can be seen: an effect comes later, and a key pressed before it would be lost.
  useLayoutEffect(() => {
    const stay = () => setSecondsLeft(undefined);
    for (const sign of SIGNS_OF_LIFE) document.addEventListener(sign, stay, { once: true });
    return () => {
      for (const sign of SIGNS_OF_LIFE) document.removeEventListener(sign, stay);
    };
  }, []);

  if (secondsLeft === undefined) return null;
  return (
    <div class="closing">
      <p class="quiet" role="timer">
        {i18n.t('callback.closing', [String(secondsLeft)])}
      </p>
      <button type="button" onClick={() => setSecondsLeft(undefined)}>
        {i18n.t('callback.keepOpen')}
      </button>
    </div>
  );
}

async function closeAndReturn(server: ServerUrl): Promise<void> {
  const [own, opencode] = await Promise.all([browser.tabs.getCurrent(), findServerPage(server)]);
  if (opencode) await browser.tabs.update(opencode.tabId, { active: true });
  if (own?.id !== undefined) await browser.tabs.remove(own.id);
}
