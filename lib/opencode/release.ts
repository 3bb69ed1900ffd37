/** What opencode's releases do differently, where that decides what they may be asked. */

/**
 * Whether a release answers for paths that it does not know by itself. Those up to 1.3 forward them to a third party's
 * host; from 1.14 on the answer is the web UI's HTML (measured, 1.1.31 to 1.18.33; none between 1.3 and 1.14). Builds
 * without a release number may do either, so they are not asked for what is newer than 1.14.
 */
export function keepsUnknownPaths(version: string): boolean {
  return isFrom1_14(version);
}

/**
 * Whether a release's MCP client asks again, every three seconds and without end, for a URL that refused its second request,
 * code and state included, and so ends the next sign-in as soon as that has a listener. Up to 1.3 nobody closes that client
 * (measured: 1.1.31, 1.2.27 and 1.3.0 ask again; 1.14.34, 1.14.41, 1.15.13 and 1.18.34 do not).
 */
export function repeatsRefusedRequests(version: string): boolean {
  return !isFrom1_14(version);
}

/** There is no release between 1.3 and 1.14. */
function isFrom1_14(version: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)\./.exec(version)?.map(Number) ?? [];
  return major !== undefined && minor !== undefined && (major > 1 || (major === 1 && minor >= 14));
}
