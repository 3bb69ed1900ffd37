import { globSync, readdirSync, readFileSync } from 'node:fs';
import { parseYAML } from 'confbox';
import { describe, expect, test } from 'vitest';

/**
 * What the stores accept, the stricter one's number each. Name: MDN, manifest.json/name (addons.mozilla.org 50, Chrome 75);
 * short description: developer.chrome.com, manifest description; long description: addons.mozilla.org's.
 */
const LIMITS = { name: 50, short: 132, long: 15_000 };

interface Texts {
  extension: { name: string; description: string };
  popup: { notAffiliated: string };
}

const storeLanguages = readdirSync('docs/store')
  .filter((file) => file.endsWith('.md') && file !== 'README.md')
  .map((file) => file.replace('.md', ''));
const languages = readdirSync('locales')
  .filter((file) => file.endsWith('.yml'))
  .map((file) => file.replace('.yml', ''));

test.each([
  ...globSync('docs/screenshots/store/[1-9]-*.png').map((file) => [file, 1280, 800] as const),
  ['docs/screenshots/store/promo-440x280.png', 440, 280] as const,
])("%s has the stores' size, and no transparency", (file, width, height) => {
  const header = readFileSync(file);
  const colourType = header.readUInt8(25); // 2 is RGB (PNG specification, 11.2.1)
  expect([header.readUInt32BE(16), header.readUInt32BE(20), colourType]).toEqual([width, height, 2]);
});

describe.each(storeLanguages)('the store text in %s', (language) => {
  test('has a caption for every picture', () => {
    expect(storeText(language).pictures.trim().split('\n')).toEqual(
      globSync('docs/screenshots/store/[1-9]-*.png').map((_, index) => expect.stringMatching(`^${index + 1}\\. \\S`)),
    );
  });

  test.each(['name', 'short', 'long'] as const)("keeps the stores' limit for its %s text", (part) => {
    const text = storeText(language)[part];
    expect(text).not.toBe('');
    expect(text.length).toBeLessThanOrEqual(LIMITS[part]);
  });
});

describe.each(languages)('in the language %s of the extension', (language) => {
  test('there is a store text, which says what the extension says', () => {
    const { extension, popup } = parseYAML<Texts>(readFileSync(`locales/${language}.yml`, 'utf8'));
    const { name, short, long } = storeText(language);
    expect({ name, short }).toEqual({ name: extension.name, short: extension.description });
    expect(long.trim().split('\n').at(-1)).toBe(popup.notAffiliated);
  });

  test('there is a privacy text, with every point of the English one', () => {
    const text = readFileSync(language === 'en' ? 'PRIVACY.md' : `docs/privacy/${language}.md`, 'utf8');
    expect(pointsOf(text)).toEqual(pointsOf(readFileSync('PRIVACY.md', 'utf8')));
  });
});

/** What a translation has in common with what it was made from: its form, what stands in it as code, and its numbers. */
function pointsOf(text: string) {
  return {
    form: text.split('\n').flatMap((line) => /^(?:#+ |- \*\*|\|)/.exec(line)?.[0] ?? []),
    code: text.match(/`[^`]+`/g)?.sort(),
    year: text.match(/\b20\d\d/)?.[0],
  };
}

function storeText(language: string): Record<keyof typeof LIMITS | 'pictures', string> {
  const text = readFileSync(`docs/store/${language}.md`, 'utf8');
  const form = /^# (.+)\n\n(.+)\n\n## Description\n\n([\s\S]+)\n\n## Pictures\n\n([\s\S]+)$/;
  const [, name = '', short = '', long = '', pictures = ''] = form.exec(text) ?? [];
  return { name, short, long, pictures };
}
