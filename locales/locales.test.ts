import { parseMessagesText } from '@wxt-dev/i18n/build';
import { describe, expect, it } from 'vitest';
import { failureNames } from '../lib/opencode/failure';
import { hardCodedTexts } from './hardCodedTexts';

/** Chrome's limit: https://developer.chrome.com/docs/extensions/reference/manifest/description */
const LONGEST_DESCRIPTION = 132;
/** Names, and words that another language has as well. */
const SAME_IN_ENGLISH = ['Callback Courier', 'opencode $1', 'ltr', 'Name'];

const files = import.meta.glob<string>('./*.yml', { query: '?raw', import: 'default', eager: true });
const languages = Object.fromEntries(
  Object.entries(files).map(([path, text]) => [path.slice('./'.length, -'.yml'.length), textsOf(text)]),
);
const english = languages.en ?? {};
const translations = Object.entries(languages).filter(([language]) => language !== 'en');

const pages = import.meta.glob<string>(['../{entrypoints,lib/ui}/**/*.{ts,tsx}', '!**/*.test.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
});
const pageFrames = import.meta.glob<string>('../entrypoints/**/*.html', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const manifest = import.meta.glob<string>('../wxt.config.ts', { query: '?raw', import: 'default', eager: true });

it('the pages speak English, German, Spanish, French, Japanese and Chinese', () => {
  expect(Object.keys(languages)).toEqual(['de', 'en', 'es', 'fr', 'ja', 'zh_CN']);
});

describe.each(translations)('%s', (_, texts) => {
  it('has every text that English has, in the same order, and no other', () => {
    expect(Object.keys(texts)).toEqual(Object.keys(english));
  });

  it('has the same placeholders in every text', () => {
    const placeholders = (text = '') =>
      text
        .match(/\$\d|\{\w+\}/g)
        ?.sort()
        .join();
    const other = Object.entries(texts).filter(([key, text]) => placeholders(text) !== placeholders(english[key]));
    expect(other).toEqual([]);
  });

  it('leaves nothing in English', () => {
    const left = Object.entries(texts).filter(([key, text]) => /[a-z]{2}/i.test(text) && text === english[key]);
    expect(left.filter(([, text]) => !SAME_IN_ENGLISH.includes(text))).toEqual([]);
  });
});

/** What a typographer of the language would mark. */
const misprints: Record<string, RegExp> = {
  de: /["']|\.{3}|\p{L}…/u,
  es: /["']|\.{3}|(?<!¿[^?]*)\?|(?<!¡[^!]*)!/,
  // A space before these, and inside the quotation marks, does not break.
  fr: /["']|\.{3}|[ \p{L}][?!;»]|« | :/u,
  // Punctuation of the full width, and a space between the script and Latin letters.
  ja: /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}ー]([,.?!:;()]|[a-z$\d])|[a-z\d][\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/iu,
  zh_CN: /\p{Script=Han}([,.?!:;()]|[a-z$\d])|[a-z\d]\p{Script=Han}/iu,
};

it.each(Object.entries(misprints))('%s is set as its readers know it', (language, misprint) => {
  expect(Object.entries(languages[language] ?? {}).filter(([, text]) => misprint.test(text))).toEqual([]);
});

describe.each(Object.entries(languages))('%s', (language, texts) => {
  it('has no empty text', () => {
    expect(Object.entries(texts).filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  it('keeps the description within what a browser shows', () => {
    expect(texts['extension.description']?.length).toBeLessThanOrEqual(LONGEST_DESCRIPTION);
  });

  it('says which language it is, and which way it is written', () => {
    const locale = new Intl.Locale(language.replace('_', '-'));
    expect(texts['extension.language']).toBe(locale.baseName);
    expect(texts['extension.direction']).toBe(locale.getTextInfo().direction);
  });
});

it('English has no text that nothing uses', () => {
  const code = Object.values(pages).join();
  const inManifest = Object.values(manifest).join();
  const ofFailures = failureNames.map((name) => `failure.${name.replaceAll('-', '_')}.`);
  const isUsed = (key: string) =>
    code.includes(`'${key}'`) ||
    ofFailures.some((beginning) => key.startsWith(beginning)) ||
    inManifest.includes(`__MSG_${key.replaceAll('.', '_')}__`);
  expect(Object.keys(english).filter((key) => !isUsed(key))).toEqual([]);
});

describe('hard-coded texts', () => {
  it.each(Object.entries(pages))('%s has none', (file, source) => {
    expect(hardCodedTexts(file, source)).toEqual([]);
  });

  it.each(Object.entries(pageFrames))('%s has none but the name', (_, html) => {
    const shown = html.replace(/<!doctype.*?>|<[^>]*>/g, '').trim();
    expect(shown).toBe(english['extension.name']);
  });
});

/** A file's texts by key, in its order; without those that the library adds. */
function textsOf(yaml: string): Record<string, string> {
  const messages = parseMessagesText(yaml, 'YAML').filter(({ key }) => !key[0]?.startsWith('@@'));
  return Object.fromEntries(
    messages.map((message) => [message.key.join('.'), message.type === 'simple' ? message.message : '']),
  );
}
