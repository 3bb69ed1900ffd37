import { useEffect, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { sendMessage } from '../../messages';
import type { Server } from '../../servers/server';
import { type CheckLine, selfCheck } from '../selfCheck';
import { TroubleshootingLink } from '../TroubleshootingLink';
import { wayText } from '../wayText';

/** Whether a sign-in would work, line by line as it is found out; until it is asked for, what the last sign-in has shown. */
export function SelfCheck({ server }: { server: Server }) {
  const [lines, setLines] = useState<CheckLine[]>();
  const [isRunning, setIsRunning] = useState(false);

  const run = async () => {
    if (isRunning) return;
    setIsRunning(true);
    const found: CheckLine[] = [];
    setLines([]);
    for await (const line of selfCheck(server)) {
      found.push(line);
      setLines([...found]);
    }
    setIsRunning(false);
  };
  return (
    <div class="self-check">
      {/* Not disabled: that would take the keyboard away from it. */}
      <button type="button" aria-disabled={isRunning} onClick={() => void run()}>
        {i18n.t('selfCheck.run')}
      </button>
      {/* There before the first line, so that a screen reader hears that one, too. */}
      <div aria-live="polite">
        {lines && (
          <ul>
            {lines.map(({ tone, text, about }) => (
              <li key={text} class={`state ${tone}`}>
                <span>
                  {text} {about && <TroubleshootingLink about={about} />}
                </span>
              </li>
            ))}
            {isRunning && (
              <li class="state quiet">
                <span>{i18n.t('popup.checkingShort')}</span>
              </li>
            )}
          </ul>
        )}
      </div>
      {!lines && <WayShown server={server} />}
    </div>
  );
}

function WayShown({ server: { url } }: { server: Server }) {
  const [text, setText] = useState<string>();
  useEffect(() => {
    void sendMessage('wayTo', url).then((way) => setText(way ? wayText(way) : i18n.t('way.notYet')));
  }, [url]);
  return (
    <p class="quiet">
      {i18n.t('popup.way')} {text}
    </p>
  );
}
