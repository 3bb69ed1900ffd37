/** What the changelog says of a release: `node scripts/release-notes.ts v0.1.0`. Fails when there is nothing to release. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The changelog's section for a tag. @throws when the tag is not this version's, or the changelog does not know it */
export function releaseNotes(tag: string, version: string, changelog: string): string {
  if (tag !== `v${version}`) throw new Error(`The tag is ${tag}, but package.json says ${version}.`);
  const heading = `## [${version}] - `;
  const sections = changelog.split(/^(?=## )/m);
  const section = sections.find((text) => text.startsWith(heading));
  if (!section) throw new Error(`CHANGELOG.md has no section that begins with "${heading}" and the date.`);
  return section.split('\n').slice(1).join('\n').trim();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  console.log(releaseNotes(process.argv[2] ?? '', version, readFileSync('CHANGELOG.md', 'utf8')));
}
