import { i18n } from '#i18n';
import type { Way } from '../delivery/way';

/** Which way a server's responses take to its listener, and why. */
export function wayText({ loopback, hasTerminal }: Way): string {
  if (loopback === 'open') return i18n.t('way.open');
  const reasons = {
    proxied: i18n.t('way.proxied'),
    unsafe: i18n.t('way.unsafe'),
    closed: i18n.t('way.closed'),
  } satisfies Record<Exclude<Way['loopback'], 'open'>, string>;
  return `${reasons[loopback]} ${i18n.t(hasTerminal ? 'way.terminal' : 'way.none')}`;
}
