import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const introduction = `# Compatibility

What was seen to work with what. Every table is written by the run that its section names.
`;

/**
 * Writes one section of the document about compatibility, and leaves what other runs wrote: to docs/ with UPDATE_DOCS=1,
 * else among the test results.
 * @param body Markdown without headings of level 1 and 2
 * @returns the file that it is in
 */
export function writeSection(heading: string, body: string): string {
  const folder = process.env.UPDATE_DOCS ? 'docs' : 'test-results';
  const file = `${folder}/compatibility.md`;
  const [, ...sections] = existsSync(file) ? readFileSync(file, 'utf8').split(/^(?=## )/m) : [];
  const section = `## ${heading}\n\n${body.trim()}\n`;
  const index = sections.findIndex((other) => other.startsWith(`## ${heading}\n`));
  sections.splice(index < 0 ? sections.length : index, index < 0 ? 0 : 1, section);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    file,
    [introduction, ...sections]
      .map((part) => part.trimEnd())
      .join('\n\n')
      .concat('\n'),
  );
  return file;
}

/** A Markdown table. */
export function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
