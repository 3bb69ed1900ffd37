/** Extensions that do one thing that ours has to, and nothing else: for comparison. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What Firefox knows it by. */
const BARE_ID = 'bare@callback-courier';
const LOOPBACK = 'http://localhost/*';

export interface BareExtension {
  folder: string;
  remove(): void;
}

/**
 * Does nothing. The browser leads every request past itself as soon as any extension may redirect requests, whatever it does.
 */
export function makeEmptyExtension(): BareExtension {
  return makeExtension();
}

/** Adds one rule, always of the same kind, when an authorization request is seen. It reads and remembers nothing. */
export function makeArmingExtension(): BareExtension {
  return makeExtension(['https://auth.openai.com/*', LOOPBACK], `(${armEveryRequest.toString()})(chrome)`);
}

/**
 * Sends every authorization response to a server's listener as soon as it hears of its navigation. It does not ask whose it is,
 * whether it was sent before, or whether the server is there.
 */
export function makeDeliveringExtension(server: string): BareExtension {
  return makeExtension([`${server}/*`, LOOPBACK], `(${deliverEveryResponse.toString()})(chrome, '${server}')`);
}

/** These run in the extension's worker, so they stand alone. */
function deliverEveryResponse(api: typeof import('webextension-polyfill'), server: string): void {
  api.webRequest.onBeforeRequest.addListener(
    ({ url }) => {
      const config = { type: 'remote', oauth: false, url, timeout: 5_000 };
      void fetch(`${server}/mcp`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'bare', config }),
      });
      return undefined;
    },
    // Firefox never matches a pattern with a port.
    { urls: ['http://localhost/auth/callback?*code=*'], types: ['main_frame'] },
  );
}

function armEveryRequest(api: typeof import('webextension-polyfill')): void {
  let id = 0;
  api.webRequest.onBeforeRequest.addListener(
    ({ url, tabId }) => {
      id += 1;
      const state = new URL(url).searchParams.get('state');
      const condition = {
        urlFilter: `|http://localhost:1455/auth/callback?*state=${state}^`,
        resourceTypes: ['main_frame' as const],
        tabIds: [tabId],
      };
      void api.declarativeNetRequest.updateSessionRules({ addRules: [{ id, condition, action: { type: 'block' } }] });
      return undefined;
    },
    { urls: ['https://auth.openai.com/oauth/authorize*'], types: ['main_frame'] },
  );
}

/**
 * @param hosts what its worker may see, as match patterns
 * @param script the worker's; without it there is none
 */
function makeExtension(hosts: string[] = [], script?: string): BareExtension {
  const folder = mkdtempSync(join(tmpdir(), 'courier-bare-'));
  const manifest = {
    ...{ manifest_version: 3, name: 'bare', version: '1', browser_specific_settings: { gecko: { id: BARE_ID } } },
    permissions: ['declarativeNetRequestWithHostAccess', 'webRequest', 'storage'],
    host_permissions: hosts,
    ...(script ? { background: { service_worker: 'background.js', scripts: ['background.js'] } } : {}),
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  if (script) writeFileSync(join(folder, 'background.js'), script);
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}
