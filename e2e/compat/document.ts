import { readDocument, writeDocument } from '../generatedDocument.ts';

const introduction = `# Compatibility

What was seen to work with what. Every table is written by the run that its section names.`;

/**
 * Writes one section of the document about compatibility, and leaves what other runs wrote.
 * @param body Markdown without headings of level 1 and 2
 * @returns the file that it is in
 */
export function writeSection(heading: string, body: string): string {
  const [, ...sections] = readDocument('compatibility').split(/^(?=## )/m);
  const index = sections.findIndex((other) => other.startsWith(`## ${heading}\n`));
  sections.splice(index < 0 ? sections.length : index, 1, `## ${heading}\n\n${body}`);
  return writeDocument('compatibility', introduction, ...sections);
}
