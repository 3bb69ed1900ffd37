import { i18n } from '#i18n';

/**
 * Tells the browser and screen readers what the page's texts are in. That is not always the browser's own language
 * (`@@ui_locale`, `@@bidi_dir`): where there is no translation, the texts are English.
 */
export function declareLanguage(): void {
  document.documentElement.lang = i18n.t('extension.language');
  document.documentElement.dir = i18n.t('extension.direction');
}
