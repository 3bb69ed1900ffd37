import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { releaseNotes } from './release-notes';

const changelog = `# Changelog

## [Unreleased]

- Not yet.

## [1.1.0] - 2026-12-01

### Added

- A thing.

## [1.0.0] - 2026-11-01

- The first.
`;

describe('the notes of a release', () => {
  test('are the section of its version, and nothing of the others', () => {
    expect(releaseNotes('v1.1.0', '1.1.0', changelog)).toBe('### Added\n\n- A thing.');
    expect(releaseNotes('v1.0.0', '1.0.0', changelog)).toBe('- The first.');
  });

  test('a tag of another version is refused', () => {
    expect(() => releaseNotes('v1.2.0', '1.1.0', changelog)).toThrow('package.json says 1.1.0');
  });

  test('a version that the changelog does not know is refused', () => {
    expect(() => releaseNotes('v1.2.0', '1.2.0', changelog)).toThrow('no section');
  });
});

test('the changelog has the form of Keep a Changelog 1.1.0, with what is not released yet on top', () => {
  const headings = readFileSync('CHANGELOG.md', 'utf8').match(/^##.*$/gm) ?? [];
  expect(headings[0]).toBe('## [Unreleased]');
  for (const heading of headings.slice(1)) {
    expect(heading).toMatch(
      /^## \[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d$|^### (Added|Changed|Deprecated|Removed|Fixed|Security)$/,
    );
  }
});
