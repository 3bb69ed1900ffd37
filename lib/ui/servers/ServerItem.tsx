import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { sendMessage } from '../../messages';
import type { ServerCheck } from '../../methods/checkServer';
import { chatGpt, type Target } from '../../methods/target';
import type { Credentials } from '../../servers/server';
import type { KnownServer } from '../../servers/serverStore';
import { serverName } from '../../servers/serverUrl';
import { serverText } from '../failures';
import { Notice } from '../Notice';
import { requestServer } from '../requestServer';
import { type Status, StatusLine, statusOf } from '../StatusLine';
import { TroubleshootingLink } from '../TroubleshootingLink';
import { type ServerActions, ServerDetails } from './ServerDetails';
import { SignInChoice } from './SignInChoice';
import { WayIn } from './WayIn';

interface Props extends ServerActions {
  server: KnownServer;
  /** Whether the keyboard shall come here. */
  focused: boolean;
  /** It has come. */
  onSeen(): void;
}

/** One server: what it is called, how it stands, and the one thing that people come for. */
export function ServerItem({ server, focused, onSeen, ...actions }: Props) {
  const { url } = server;
  const [check, setCheck] = useState<ServerCheck>();
  const [status, setStatus] = useState<Status>();
  const [isOpen, setIsOpen] = useState(false);
  const [isChoosing, setIsChoosing] = useState(false);
  /** What was to be signed in to, where somebody else's sign-in to it may be waiting. */
  const [taken, setTaken] = useState<Target>();
  const item = useRef<HTMLLIElement>(null);
  const main = useRef<HTMLButtonElement>(null);
  const more = useRef<HTMLButtonElement>(null);
  const id = useId();

  /** It has just come: what it lacks is said aloud, and the button that has the keyboard would be gone with it. */
  const hasKeyboard = useRef(false);
  /** Why a sign-in could not be started has to be read first. */
  const hasToBeRead = useRef(false);
  /** How often it was looked: an earlier answer that comes late says nothing any more. */
  const looks = useRef(0);

  const show = async (asked: Promise<ServerCheck>): Promise<ServerCheck | undefined> => {
    looks.current += 1;
    const own = looks.current;
    const answer = await asked;
    if (own !== looks.current) return undefined;
    setCheck(answer);
    setStatus(undefined);
    return answer;
  };
  /** Looks again, and says what came of it. */
  const checkAgain = async (asked: Promise<ServerCheck>) => {
    hasToBeRead.current = false;
    setCheck(undefined);
    setStatus(undefined);
    const answer = await show(asked);
    if (answer) setStatus(statusOf(answer));
  };

  useEffect(() => {
    if (!item.current) return;
    const shown = item.current;
    // Of many servers only those are asked that the user sees.
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      void show(sendMessage('checkServer', url));
    });
    observer.observe(shown);
    // Who comes back to the page has perhaps logged in elsewhere. Who is filling in a field here has not.
    const lookAgain = () => {
      const isTyping = document.activeElement?.matches('input, select') && shown.contains(document.activeElement);
      if (!document.hidden && !isTyping && !hasToBeRead.current) observer.observe(shown);
    };
    document.addEventListener('visibilitychange', lookAgain);
    return () => {
      observer.disconnect();
      document.removeEventListener('visibilitychange', lookAgain);
    };
  }, [url]);
  useEffect(() => {
    if (!focused) return;
    // Not from somebody who is typing by now.
    if (!document.activeElement?.matches('input, select')) (main.current ?? more.current)?.focus();
    hasKeyboard.current = true;
    onSeen();
    // One that was here already looks anew: it was just asked.
    if (check) void show(sendMessage('checkServer', url));
  }, [focused]);

  const onCheck = () => checkAgain(sendMessage('checkServer', url));
  const onPassword = (credentials: Credentials | undefined) =>
    checkAgain(sendMessage('saveCredentials', { url, credentials }));
  const allow = async () => {
    const answer = await requestServer({ url, finishOffered: false });
    if (answer) return checkAgain(Promise.resolve(answer));
    setStatus({ text: i18n.t('add.notAllowed', [host]), tone: 'bad' });
  };
  /** @returns why not, if it was not started; nothing while the user is asked whether it shall be */
  const start = async (target: Target, isCertain = false) => {
    const given = { server: url, target };
    const mayGoOn = isCertain || !(await sendMessage('isTaken', given));
    setTaken(mayGoOn ? undefined : target);
    return mayGoOn ? sendMessage('signInOn', given) : undefined;
  };
  const signIn = async (target: Target, isCertain?: boolean) => {
    const failure = await start(target, isCertain);
    if (!failure) return;
    await checkAgain(Promise.resolve({ kind: 'not-found', url, failure, kept: true }));
    hasToBeRead.current = true;
  };

  const failure = check?.kind === 'not-found' ? check.failure : undefined;
  useEffect(() => {
    if (!check || !hasKeyboard.current) return;
    hasKeyboard.current = false;
    if (check.kind === 'found') return;
    setStatus(statusOf(check));
    if (document.activeElement === document.body) more.current?.focus();
  }, [check]);
  const isConnected = check?.kind === 'found' && check.connected === true;
  const host = serverName(url);
  const name = server.name ?? host;
  return (
    <li ref={item}>
      <div class="head">
        <span id={`${id}-name`} class="name">
          {name}
        </span>
        {server.name && <span class="quiet">{host}</span>}
        {!(failure && status) && <State check={check} />}
        {server.managed && <span class="quiet">{i18n.t('popup.managed')}</span>}
        <button
          ref={more}
          type="button"
          class="plain more"
          aria-expanded={isOpen}
          aria-controls={isOpen ? `${id}-details` : undefined}
          aria-label={i18n.t(isOpen ? 'popup.less' : 'popup.more', [name])}
          onClick={() => setIsOpen(!isOpen)}
        >
          <MoreIcon isOpen={isOpen} />
        </button>
      </div>
      <StatusLine status={status} />
      {failure ? (
        <>
          {!status && (
            <p>
              {serverText(failure, url).next} <TroubleshootingLink about={failure.name} />
            </p>
          )}
          <WayIn url={url} failure={failure} onAllow={allow} onCheck={onCheck} onPassword={onPassword} />
        </>
      ) : (
        // There from the beginning, so that nothing jumps; until the check has ended it just takes a little longer.
        <div class="sign-ins">
          <button
            ref={main}
            type="button"
            class={isConnected ? '' : 'primary'}
            aria-describedby={`${id}-name`}
            onClick={() => void signIn(chatGpt)}
          >
            {i18n.t(isConnected ? 'popup.signInAgain' : 'popup.signIn')}
          </button>
          <button
            type="button"
            aria-expanded={isChoosing}
            aria-controls={isChoosing ? `${id}-choice` : undefined}
            aria-describedby={`${id}-name`}
            onClick={() => setIsChoosing(!isChoosing)}
          >
            {i18n.t('popup.signInTo')}
          </button>
        </div>
      )}
      {!failure && taken && (
        <TakenNotice what={taken.label} onStart={() => void signIn(taken, true)} onLeave={() => setTaken(undefined)} />
      )}
      {!failure && isChoosing && <SignInChoice id={`${id}-choice`} url={url} onStart={start} />}
      {isOpen && (
        <ServerDetails id={`${id}-details`} server={server} failure={failure} onPassword={onPassword} {...actions} />
      )}
    </li>
  );
}

/** A server has room for one. The keyboard goes to the way out. */
function TakenNotice({ what, onStart, onLeave }: { what: string; onStart(): void; onLeave(): void }) {
  const leave = useRef<HTMLButtonElement>(null);
  useEffect(() => leave.current?.focus(), []);
  return (
    <div role="alert">
      <Notice text={i18n.t('popup.taken', [what])}>
        <div class="actions">
          <button type="button" onClick={onStart}>
            {i18n.t('popup.startAnyway')}
          </button>
          <button ref={leave} type="button" onClick={onLeave}>
            {i18n.t('popup.notNow')}
          </button>
        </div>
      </Notice>
    </div>
  );
}

function State({ check }: { check: ServerCheck | undefined }) {
  if (!check) return <span class="state quiet">{i18n.t('popup.checkingShort')}</span>;
  if (check.kind === 'not-found') return <span class="state bad">{serverText(check.failure, check.url).title}</span>;
  const version = i18n.t('popup.version', [check.version]);
  if (check.connected === undefined) return <span class="state quiet">{version}</span>;
  return (
    <span class={check.connected ? 'state good' : 'state quiet'}>
      {version} · {i18n.t(check.connected ? 'popup.connected' : 'popup.notConnected')}
    </span>
  );
}

function MoreIcon({ isOpen }: { isOpen: boolean }) {
  return (
    <svg viewBox="0 0 20 20" width={20} height={20} aria-hidden="true" stroke="currentColor" stroke-linecap="round">
      {isOpen ? (
        <path d="m5 12.5 5-5 5 5" fill="none" stroke-width="2" stroke-linejoin="round" />
      ) : (
        <path d="M4.5 10h.01M10 10h.01M15.5 10h.01" stroke-width="3" />
      )}
    </svg>
  );
}
