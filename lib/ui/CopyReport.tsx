import { useState } from 'preact/hooks';
import { browser } from 'wxt/browser';
import { i18n } from '#i18n';
import { sendMessage } from '../messages';
import type { FailureName } from '../opencode/failure';
import { hasSignInPermission } from '../servers/hostPermission';
import { getServers } from '../servers/serverStore';
import { reportOf } from '../sign-in/report';
import type { SignInView } from '../sign-in/signIn';

/** Of the sign-ins that are remembered, those that a report is likely to be about. */
const REPORTED = 5;

/**
 * Copies what a report of a problem has to say, and shows it: nobody has to pass on what they have not seen.
 * @param signIn the one that it is about; without it, the newest
 * @param failure what the check of a server found, if it is about that
 */
export function CopyReport({ signIn, failure }: { signIn?: SignInView; failure?: FailureName }) {
  const [report, setReport] = useState<{ text: string; isCopied: boolean }>();

  const copy = async () => {
    const signIns = signIn ? [signIn] : (await sendMessage('getSignIns')).slice(0, REPORTED);
    const text = await writeReport(signIns, failure);
    const isCopied = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    setReport({ text, isCopied });
  };
  return (
    <div class="report">
      <button type="button" onClick={() => void copy()}>
        {i18n.t('help.copyReport')}
      </button>
      <p role="status" class="quiet">
        {report && i18n.t(report.isCopied ? 'help.copied' : 'callback.notCopied')}
      </p>
      {report && (
        <textarea
          readOnly
          rows={8}
          aria-label={i18n.t('help.report')}
          value={report.text}
          onFocus={(event) => event.currentTarget.select()}
        />
      )}
    </div>
  );
}

async function writeReport(signIns: SignInView[], failure?: FailureName): Promise<string> {
  const [platform, servers, maySeeSignIns] = await Promise.all([
    browser.runtime.getPlatformInfo(),
    getServers(),
    hasSignInPermission(),
  ]);
  const surroundings = {
    extension: browser.runtime.getManifest().version,
    userAgent: navigator.userAgent,
    platform,
    servers: servers.length,
    managedServers: servers.filter(({ managed }) => managed).length,
    maySeeSignIns,
    failure,
  };
  return reportOf(surroundings, signIns);
}
