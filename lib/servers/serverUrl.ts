import * as z from 'zod/mini';

/**
 * The URL of an opencode server: origin and base path, without a trailing slash, query or fragment.
 * It is the server's identity: the same URL is the same server.
 */
export const ServerUrl = z
  .string()
  .check(z.refine((text: string): boolean => readServerUrl(text) === text))
  .brand<'ServerUrl'>();
export type ServerUrl = z.infer<typeof ServerUrl>;

/** Why a text is not a server's URL. */
export type ServerUrlProblem = 'empty' | 'not-a-url' | 'not-http' | 'has-credentials';

/**
 * Reads what a person typed or pasted as a server's URL. A missing scheme means `https`, on this machine `http`;
 * query and fragment are dropped.
 */
export function parseServerUrl(typed: string): { url: ServerUrl } | { problem: ServerUrlProblem } {
  const text = typed.trim();
  if (!text) return { problem: 'empty' };
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${defaultScheme(text)}://${text}`;
  if (!URL.canParse(withScheme)) return { problem: 'not-a-url' };
  const url = new URL(withScheme);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { problem: 'not-http' };
  if (url.username || url.password) return { problem: 'has-credentials' };
  return { url: bareUrl(url) };
}

/** The same, where it does not matter why a text is none. */
export function readServerUrl(text: string): ServerUrl | undefined {
  const parsed = parseServerUrl(text);
  return 'url' in parsed ? parsed.url : undefined;
}

/** Whoever frames a page chooses its address. */
const MOST_FOLDERS = 12;

/**
 * Where opencode may be when somebody pastes the address of one of its pages, or of a page of another front end: at that URL, in
 * the folders above it, and below `/api` in each of these.
 */
export function placesNear(url: ServerUrl): ServerUrl[] {
  const { origin, pathname } = new URL(url);
  const segments = pathname.split('/').filter(Boolean).slice(0, MOST_FOLDERS);
  return segments
    .map((_, index) => segments.slice(0, segments.length - index))
    .concat([[]])
    .map((path) => bareUrl(new URL(`/${path.join('/')}`, origin)))
    .flatMap((place) => [place, `${place}/api` as ServerUrl]);
}

/** Whether a server's path looks made up for one session, as some home servers' ingress has it: a part of it is long and random. */
export function hasPathOfSession(url: ServerUrl): boolean {
  const random = /^([\da-f-]{20,}|(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[\w-]{20,})$/;
  return new URL(url).pathname.split('/').some((part) => random.test(part));
}

/** The name that people know a server by: its host, with port and base path where it has them. */
export function serverName(url: ServerUrl): string {
  return url.replace(/^https?:\/\//, '');
}

export function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

/**
 * The server that a page belongs to: the one with the longest base path that it lies below, else one whose `/api` it lies beside,
 * where other front ends than opencode's own are.
 */
export function ownerOf(page: string, servers: ServerUrl[]): ServerUrl | undefined {
  if (!URL.canParse(page)) return undefined;
  const { origin, pathname } = new URL(page);
  const isBelow = (place: string) => `${origin}${pathname}/`.startsWith(`${place}/`);
  const nearest = servers.toSorted((a, b) => b.length - a.length);
  return nearest.find(isBelow) ?? nearest.find((url) => isBelow(url.replace(/(?<!\/)\/api$/, '')));
}

/** Whether a host, as `URL.hostname` has it, is the machine that asks. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

function bareUrl(url: URL): ServerUrl {
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}` as ServerUrl;
}

function defaultScheme(text: string): 'http' | 'https' {
  return /^(localhost|127\.|\[::1\])/i.test(text) ? 'http' : 'https';
}
