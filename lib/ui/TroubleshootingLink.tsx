import { browser } from 'wxt/browser';
import { i18n } from '#i18n';
import type { FailureName } from '../opencode/failure';

/** What docs/troubleshooting.md explains: it has an anchor of that name. */
export type Explained = FailureName | 'unknown' | 'unclaimed';

/** Leads to where the project's page explains what happened. Without a page (see wxt.config.ts) there is no link. */
export function TroubleshootingLink({ about }: { about: Explained }) {
  const { homepage_url: page } = browser.runtime.getManifest();
  if (!page) return null;
  return (
    <a href={`${page}/blob/HEAD/docs/troubleshooting.md#${about}`} target="_blank" rel="noreferrer">
      {i18n.t('help.troubleshooting')}
    </a>
  );
}
