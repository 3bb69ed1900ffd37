/** What opencode's releases do differently, where that decides what they may be asked. */

/**
 * Whether a release answers for paths that it does not know by itself. Those up to 1.3 forward them to a third party's
 * host; from 1.14 on the answer is the web UI's HTML (measured, 1.1.31 to 1.18.33; none between 1.3 and 1.14). Builds
 * without a release number may do either, so they are not asked for what is newer than 1.14.
 */
export function keepsUnknownPaths(version: string): boolean {
  return isFrom(version, 1, 14);
}

/**
 * Whether a release's MCP client can be told of a URL that holds a code.
 *
 * Up to 1.3 it asks again, every three seconds and without end, for a URL that refused its second request, code and state
 * included, and so ends the next sign-in as soon as that has a listener: nobody closes that client (measured: 1.1.31, 1.2.27
 * and 1.3.0 ask again; 1.14.34, 1.14.41, 1.15.13 and 1.18.34 do not). 1.14.34 and 1.15.13 write the URL into their log at the
 * level DEBUG; 1.17.0, 1.17.18 and 1.18.33 do not (measured).
 */
export function isSafeWithCodes(version: string): boolean {
  return isFrom(version, 1, 17);
}

function isFrom(version: string, major: number, minor: number): boolean {
  const [, ofMajor, ofMinor] = /^(\d+)\.(\d+)\./.exec(version)?.map(Number) ?? [];
  if (ofMajor === undefined || ofMinor === undefined) return false;
  return ofMajor > major || (ofMajor === major && ofMinor >= minor);
}
