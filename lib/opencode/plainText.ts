/** Control characters, and those that turn the direction of text or cannot be seen (Unicode categories Cc, Cf, Zl, Zp). */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/**
 * A server's own words, as they may be shown beside ours: in one line, in the order in which they are written, and no longer
 * than a line has room for. Servers lie: a name may try to look like another, or to push everything else off the page.
 */
export function plainText(text: string, longest: number): string {
  const line = text
    .slice(0, 4 * longest)
    .replace(UNSEEN, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const characters = [...line];
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : line;
}
