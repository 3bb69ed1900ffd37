import type { ApiAnswer } from '../opencode/channel';
import type { Failure } from '../opencode/failure';
import { fetchAnswer } from '../opencode/fetchAnswer';
import { type Session, whyNot } from '../opencode/session';
import { publicCallbackUrl } from '../servers/callbackTemplate';
import { hasHostPermission } from '../servers/hostPermission';
import { failed, type Route } from './route';

const LISTENER_TIMEOUT_MS = 30_000;
const LONGEST_PAGE = 1_000_000;

/**
 * The listener is requested where an administrator has published it: the same request that the browser would have made.
 * Below the server's own URL it takes the server's channel, so that the login of its page counts there, too; elsewhere the
 * browser's cookies have to do. Nothing is asked there beforehand: whatever reaches the listener without the right state ends
 * the sign-in that waits.
 * @param template where the listener is published
 */
export function callbackUrlRoute({ url: server, channel }: Session, template: string): Route {
  return {
    kind: 'callback-url',
    async send({ callbackUrl }) {
      const url = publicCallbackUrl(template, callbackUrl);
      // A callback URL may have come with a settings file or from another device: this browser was never asked about its host.
      const isElsewhere = !url.startsWith(`${server}/`);
      if (isElsewhere && !(await hasHostPermission(url))) {
        return failed({ name: 'permission-withdrawn', detail: new URL(url).host }, 'send');
      }
      const request = { method: 'GET', timeout: LISTENER_TIMEOUT_MS } as const;
      const answer = isElsewhere
        ? await fetchAnswer({ ...request, url, headers: {}, body: undefined, longest: LONGEST_PAGE, until: undefined })
        : await channel.send({ ...request, path: url.slice(server.length) });
      return mayHaveArrived(answer) ? undefined : failed(whyNotThere(answer), 'send');
    },
  };
}

/** ChatGPT's listener answers with a page that says how the login went (measured, 1.1.31 to 1.18.33). */
function mayHaveArrived(answer: ApiAnswer): boolean {
  if (answer.kind === 'redirected') return false;
  if (answer.kind === 'failed') return answer.reason !== 'not-sent' && answer.reason !== 'certificate';
  if (answer.status >= 500) return true;
  return /authorization (successful|failed)/i.test(answer.text);
}

function whyNotThere(answer: ApiAnswer): Failure {
  const isOther = answer.kind === 'answered' && answer.status !== 401 && answer.status !== 403;
  return isOther ? { name: 'callback-url-elsewhere', detail: `HTTP ${answer.status}` } : whyNot(answer);
}
