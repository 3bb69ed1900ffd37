import type { Tab } from '../e2e/drivers/driver.ts';

/**
 * The server calls of a delivery, by a script in a tab that does nothing else: what can be asked at once is asked at once.
 * It is the least that a delivery can take.
 * @returns milliseconds until the server has confirmed
 */
export function deliverByBareScript(tab: Tab, callbackUrl: string): Promise<number> {
  return tab.evaluate(async (url) => {
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
    const mcp = (config: object) =>
      call('POST', '/mcp', {
        name: 'bare-script',
        config: { type: 'remote', oauth: false, timeout: 3_000, ...config },
      });
    await Promise.all([call('GET', '/global/health'), mcp({ url: `${new URL(url).origin}/is-anybody-there` })]);
    const { searchParams } = new URL(url);
    const secrets = { code: searchParams.get('code'), state: searchParams.get('state') };
    const confirmed = call('POST', '/provider/openai/oauth/callback', { method: 0, ...secrets });
    const delivered = mcp({ url });
    if ((await confirmed) !== true) throw new Error('the server did not confirm');
    const ms = performance.now() - started;
    await delivered;
    await mcp({ url: 'http://127.0.0.1:9/', enabled: false });
    return ms;
  }, callbackUrl);
}
