import type { CallbackUrl } from '../oauth/authorizationResponse';
import { isLoopback, type ServerUrl } from './serverUrl';

/** Why a text cannot be the public URL of a server's listener. */
export type TemplateProblem =
  | 'not-a-url'
  | 'not-http'
  | 'has-credentials'
  | 'unknown-placeholder'
  | 'has-query'
  | 'this-computer';

/**
 * Reads the public URL of a server's listener, for administrators who publish it: `{port}` and `{path}` stand for those of
 * the redirect URI (code-server and Coder publish every port at `…/proxy/{port}{path}`).
 */
export function parseCallbackTemplate(
  typed: string,
  server: ServerUrl,
): { template: string } | { problem: TemplateProblem } {
  const template = typed.trim();
  const filled = fill(template, { port: '1455', path: '/auth/callback' });
  if (/[{}]/.test(filled)) return { problem: 'unknown-placeholder' };
  if (!URL.canParse(filled)) return { problem: 'not-a-url' };
  const url = new URL(filled);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { problem: 'not-http' };
  // A code that comes from an encrypted server does not leave unencrypted.
  if (url.protocol === 'http:' && server.startsWith('https:')) return { problem: 'not-http' };
  if (url.username || url.password) return { problem: 'has-credentials' };
  if (url.search || url.hash || /[?#]/.test(template)) return { problem: 'has-query' };
  if (isLoopback(url.hostname) && !isLoopback(new URL(server).hostname)) return { problem: 'this-computer' };
  return { template };
}

/** Where a response goes by a template: its query is appended, byte for byte. */
export function publicCallbackUrl(template: string, callbackUrl: CallbackUrl): string {
  const { port, pathname, protocol } = new URL(callbackUrl);
  const query = callbackUrl.slice(callbackUrl.indexOf('?'));
  return fill(template, { port: port || (protocol === 'https:' ? '443' : '80'), path: pathname }) + query;
}

/** The origin that a template leads to. */
export function callbackOrigin(template: string): string {
  return new URL(fill(template, { port: '1455', path: '/' })).origin;
}

function fill(template: string, { port, path }: { port: string; path: string }): string {
  return template.replaceAll('{port}', () => port).replaceAll('{path}', () => path);
}
