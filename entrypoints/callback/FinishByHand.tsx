import { useState } from 'preact/hooks';
import { i18n } from '#i18n';
import { sendMessage } from '@/lib/messages';
import type { SignInView } from '@/lib/sign-in/signIn';

/**
 * For servers that let no relay through: the callback URL to copy, or a command for the server's shell. Where no listener
 * waits, opencode may have a field for the code or the URL. What is copied may arrive at any time, so from then on the page
 * asks for the outcome instead of sending.
 */
export function FinishByHand({ signIn, onHandedOver }: { signIn: SignInView; onHandedOver(): void }) {
  /** What was copied, and how it is used: that stays, whatever the sign-in's failure is called afterwards. */
  const [copied, setCopied] = useState<{ callbackUrl: string; isPasted: boolean }>();
  /** What the clipboard did not take: it is shown instead. */
  const [shown, setShown] = useState<string>();
  const { id, target, canHandOver, failure } = signIn;
  const hasNoListener = failure?.name === 'nobody-waiting' && !signIn.canStartAgain;
  const isPasted = copied?.isPasted ?? (hasNoListener || (target.kind === 'provider' && target.takes !== undefined));
  const isOffered = canHandOver && (isPasted || failure?.name === 'terminal-unavailable');
  if (!isOffered && (!copied || signIn.phase !== 'delivering')) return null;

  const copy = async (toText: (url: string) => string) => {
    const url = copied?.callbackUrl ?? (await sendMessage('callbackUrlOf', id));
    if (!url) return;
    const text = toText(url);
    const isCopied = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    setShown(isCopied ? undefined : text);
    if (copied) return;
    setCopied({ callbackUrl: url, isPasted });
    await sendMessage('handOverSignIn', id);
    onHandedOver();
  };
  return (
    <section>
      <h2>{i18n.t(isPasted ? 'callback.byPasting' : 'callback.byHand')}</h2>
      <div class="actions">
        <button type="button" onClick={() => void copy(isPasted ? codeIn : curlCommand)}>
          {i18n.t(isPasted ? 'callback.copyCode' : 'callback.copyCommand')}
        </button>
        <button type="button" onClick={() => void copy((url) => url)}>
          {i18n.t('callback.copyUrl')}
        </button>
      </div>
      {shown && (
        <label>
          {i18n.t('callback.notCopied')}
          <textarea readOnly rows={4} value={shown} onFocus={(event) => event.currentTarget.select()} />
        </label>
      )}
      <p class="quiet">
        {copied ? i18n.t(shown ? 'callback.shown' : 'callback.copied') : i18n.t('callback.byHandHint')}
      </p>
    </section>
  );
}

function codeIn(url: string): string {
  return new URL(url).searchParams.get('code') ?? '';
}

/** A URL's only character that could end the quotation is an apostrophe. */
function curlCommand(url: string): string {
  return `curl '${url.replaceAll("'", '%27')}'`;
}
