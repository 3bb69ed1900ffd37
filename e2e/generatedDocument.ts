/** The documents that the tests write: in docs/ with UPDATE_DOCS=1, else among the test results. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { markdownTable } from 'markdown-table';

const folder = process.env.UPDATE_DOCS ? 'docs' : 'test-results';

/**
 * Writes a document in place of an earlier one.
 * @param blocks Markdown; between two of them there is an empty line
 * @returns the file that it is in
 */
export function writeDocument(name: string, ...blocks: string[]): string {
  const file = fileOf(name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `${blocks.map((block) => block.trim()).join('\n\n')}\n`);
  return file;
}

/** What an earlier run has written, or nothing. */
export function readDocument(name: string): string {
  return existsSync(fileOf(name)) ? readFileSync(fileOf(name), 'utf8') : '';
}

/** A Markdown table whose rows do not change when another one gets longer. */
export function table(head: string[], rows: string[][]): string {
  return markdownTable([head, ...rows], { alignDelimiters: false });
}

function fileOf(name: string): string {
  return `${folder}/${name}.md`;
}
