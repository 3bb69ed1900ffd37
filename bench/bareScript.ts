import type { Tab } from '../e2e/drivers/driver.ts';
import { relayScript } from '../lib/opencode/relayScript.ts';

/**
 * The server calls of a delivery, by a script in a tab that does nothing else: what can be asked at once is asked at once.
 * It is the least that a delivery can take.
 * @returns milliseconds until the server has confirmed
 */
export function deliverByBareScript(tab: Tab, callbackUrl: string): Promise<number> {
  return tab.evaluate(
    async ({ url, script }) => {
      const started = performance.now();
      const call = async (method: string, path: string, body?: object) => {
        const response = await fetch(path, {
          method,
          headers: { accept: 'application/json', ...(body ? { 'content-type': 'application/json' } : {}) },
          body: body ? JSON.stringify(body) : null,
          cache: 'no-store',
        });
        return response.json();
      };
      await Promise.all(['/global/health', '/provider/auth', '/api/pty', '/pty'].map((path) => call('GET', path)));
      const { searchParams } = new URL(url);
      const secrets = { code: searchParams.get('code'), state: searchParams.get('state') };
      const confirmed = call('POST', '/provider/openai/oauth/callback', { method: 0, ...secrets });
      const terminal = call('POST', '/api/pty', {
        command: '/bin/sh',
        args: ['-c', script],
        title: 'bare script',
        env: { COURIER_CALLBACK_URLS: url },
      });
      if ((await confirmed) !== true) throw new Error('the server did not confirm');
      const ms = performance.now() - started;
      const { data } = (await terminal) as { data: { id: string } };
      // Its answer is empty.
      await fetch(`/api/pty/${data.id}`, { method: 'DELETE' });
      return ms;
    },
    { url: callbackUrl, script: relayScript },
  );
}
