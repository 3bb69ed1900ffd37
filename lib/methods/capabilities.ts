/**
 * What differs between the methods of signing in. No other room knows one from another. Measured with opencode 1.18.33 unless
 * a line says more. Whether a state is sent, where the answer stands, and who asks, is read from each authorization request.
 */

import * as z from 'zod/mini';
import type { LoopbackRedirectUri } from '../oauth/loopbackRedirectUri';
import { plainText } from '../opencode/plainText';
import { chatGpt, LONGEST_LABEL, LONGEST_NAME, mcpTarget, nameIn, type Target } from './target';

interface Capabilities {
  /** Where the server's API has what belongs to the sign-in to `name`. */
  path(name: string): string;
  /** How the path goes on of the web UI's requests: that which starts a sign-in, and that which tells how it ended. */
  start: string;
  end: string;
  /** Where the API lists what can be signed in to: a harmless request, whose answer tells the API from any other page. */
  catalogue: string;
  /** Whether a catalogue lists `name`, with a login in the browser. */
  isListed(catalogue: unknown, name: string): boolean;
  /** Where the API says what is signed in to. */
  logins: string;
  /** Whether it says that of `name`; undefined when it says nothing. */
  isConnected(logins: unknown, name: string): boolean | undefined;
  /** The callback endpoint takes the code of a sign-in that the extension started, so that it goes to no listener. */
  takesCode?: true;
  /** The server tells the URL of the sign-in in an event, and no page learns it. */
  isToldInEvent?: true;
  /** The web UI's request for the outcome is answered with a success, whatever came of the sign-in. */
  endsWell?: true;
  /** opencode uses a new login only after it has read its logins anew. */
  needsTakingUp?: true;
}

const Methods = z.record(z.string(), z.array(z.object({ type: z.string() })));
const Providers = z.object({ connected: z.array(z.string()) });
/** `GET /mcp`. */
export const McpServers = z.record(z.string(), z.object({ status: z.string() }));

const provider: Capabilities = {
  path: (name) => `/provider/${encodeURIComponent(name)}/oauth`,
  start: 'authorize',
  end: 'callback',
  catalogue: '/provider/auth',
  isListed: (catalogue, name) =>
    memberOf(Methods.safeParse(catalogue).data, name)?.some(({ type }) => type === 'oauth') ?? false,
  // Only `GET /provider` knows of a login as soon as it is there, in six megabytes of models that nobody asked for.
  logins: '/provider',
  isConnected: (logins, name) => Providers.safeParse(logins).data?.connected.includes(name),
  needsTakingUp: true,
};

const mcp: Capabilities = {
  path: (name) => `/mcp/${encodeURIComponent(name)}/auth`,
  start: 'authenticate',
  end: 'authenticate',
  catalogue: '/mcp',
  isListed: (catalogue, name) => memberOf(McpServers.safeParse(catalogue).data, name) !== undefined,
  logins: '/mcp',
  isConnected(logins, name) {
    const servers = McpServers.safeParse(logins).data;
    return servers && memberOf(servers, name)?.status === 'connected';
  },
  takesCode: true,
  isToldInEvent: true,
  endsWell: true,
};

/** What is special about signing in to a target. */
export function capabilitiesOf(target: Target): Capabilities {
  return target.kind === 'mcp' ? mcp : provider;
}

/** The method whose authorization requests are seen at the provider itself, wherever they were started. */
export const seenMethod: Target = chatGpt;
/** Those requests, as a match pattern. */
export const seenRequests = 'https://auth.openai.com/oauth/authorize*';
/** Where each response to them comes back to: no other method of opencode's has this port. */
export const seenRedirectUri = 'http://localhost:1455/auth/callback' as LoopbackRedirectUri;

/** The listeners that have an address of their own, by the paths of their methods: at GitLab's (port 8080) may be any program. */
const listeners: Record<string, LoopbackRedirectUri> = {
  [pathOf(seenMethod)]: seenRedirectUri,
  '/provider/digitalocean/oauth': 'http://localhost:1456/auth/callback' as LoopbackRedirectUri,
};

/** Where a method's listener waits, if its address is known before a sign-in, and nobody else's. */
export function listenerOf(target: Target): LoopbackRedirectUri | undefined {
  return listeners[pathOf(target)];
}

/**
 * Whether it is opencode's own sign-in to ChatGPT. An administrator may have published its listener (see
 * lib/servers/callbackTemplate.ts), and its callback endpoint gives every caller the same answer, also after the end (from
 * 1.1.31 to 1.18.33). Where it may not, it is asked once: GitLab and a plugin for ChatGPT (opencode-openai-codex-auth 4.4.0)
 * would exchange the code again, and Poe answers the first caller only.
 */
export function isOwnChatGpt({ target, originator }: { target: Target; originator?: string | undefined }): boolean {
  return isSameTarget(target, seenMethod) && !isOfPlugin(originator);
}

/**
 * Whether a plugin asks OpenAI, in another program's name. Who names nobody counts as opencode itself: that is how a response
 * is taken whose request was not seen, and a request that was offered. opencode names itself (read in the programs of 1.1.31 to
 * 1.18.33).
 */
export function isOfPlugin(originator = 'opencode'): boolean {
  return originator !== 'opencode';
}

/** Where a server's API has what belongs to a target. */
export function pathOf(target: Target): string {
  return capabilitiesOf(target).path(nameIn(target));
}

/** Whether two sign-ins would replace one another: a server waits for one login to each provider and to each MCP server. */
export function isSameTarget(one: Target, other: Target): boolean {
  return pathOf(one) === pathOf(other);
}

/** Whether a response goes to a listener on the server's machine, and not to the callback endpoint. */
export function goesToListener({ target, heldBy }: { target: Target; heldBy?: 'web-ui' | undefined }): boolean {
  if (takenBy(target)) return false;
  return heldBy !== undefined || !capabilitiesOf(target).takesCode;
}

/** What the callback endpoint of a method is given where people paste it; undefined where it waits for a listener. */
export function takenBy(target: Target): 'code' | 'url' | undefined {
  return target.kind === 'provider' ? target.takes : undefined;
}

/**
 * The target that a server's API has at a path (see `pathOf`).
 * @param label what people call the provider, if that is known
 * @returns undefined where the path is none that opencode would ask, or names something too long to be kept
 */
export function targetAt(path: string, label?: string): Target | undefined {
  const found = /^\/(provider|mcp)\/([^/]+)\/(?:oauth|auth)$/.exec(path);
  const name = decoded(found?.[2] ?? '');
  if (!name || name.length > LONGEST_NAME) return undefined;
  if (found?.[1] === 'mcp') return mcpTarget(name);
  return { kind: 'provider', id: name, label: plainText(label ?? name, LONGEST_LABEL), method: 0 };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** A member of what a server has sent, by a name that it has chosen: not one that every object has (`constructor`). */
function memberOf<T>(record: Record<string, T> | undefined, name: string): T | undefined {
  return record && Object.hasOwn(record, name) ? record[name] : undefined;
}
