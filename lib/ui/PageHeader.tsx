import type { ComponentChildren } from 'preact';
import { i18n } from '#i18n';

/** Whose page this is, which may be all of its title; with children, what it is about. */
export function PageHeader({ isTitle, children }: { isTitle?: boolean; children?: ComponentChildren }) {
  const Name = isTitle ? 'h1' : 'span';
  return (
    <header>
      <img src="/icons/48.png" alt="" width={24} height={24} />
      <Name class="brand">{i18n.t('extension.name')}</Name>
      {children}
    </header>
  );
}
