import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallbackUrl } from '../oauth/authorizationResponse';
import type { ApiAnswer, ApiRequest } from '../opencode/channel';
import type { Session } from '../opencode/session';
import { ServerUrl } from '../servers/serverUrl';
import { findListener, loopbackRoute } from './loopbackRoute';

const callbackUrl = 'http://localhost:1455/auth/callback?code=the-code&state=the-state' as CallbackUrl;

/** Stands for opencode 1.18.33's `POST /mcp`, and for a gateway that turns it away while `isBlocked`. */
function mcpApi(isBlocked: () => boolean) {
  const urls: string[] = [];
  let held = '';
  const send = async ({ body }: ApiRequest): Promise<ApiAnswer> => {
    const { config } = body as { config: { url: string; enabled?: false } };
    urls.push(config.url);
    const blocked = isBlocked();
    if (!blocked) held = config.url;
    const status = config.enabled === false ? { status: 'disabled' } : { status: 'failed', error: '(404)' };
    return {
      ...{ kind: 'answered', status: blocked ? 403 : 200, contentType: 'application/json', basicChallenge: false },
      text: JSON.stringify(blocked ? {} : { 'callback-courier': status }),
    };
  };
  const url = ServerUrl.parse('https://opencode.example.com');
  const server: Session = { url, version: '1.18.33', channel: { kind: 'background', send } };
  return { server, urls, held: () => held };
}

const deliver = (server: Session) =>
  loopbackRoute(server).send({ kind: 'code', code: 'c', state: 's', callbackUrl }, AbortSignal.abort());

describe('what the server is told of the loopback', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is replaced after a delivery, when opencode has settled', async () => {
    const { server, urls, held } = mcpApi(() => false);
    expect(await deliver(server)).toBeUndefined();
    expect(urls).toEqual([callbackUrl]);
    await vi.advanceTimersByTimeAsync(500);
    expect(held()).toBe('http://127.0.0.1:9/');
  });

  it('is replaced as soon as the server lets us again, when it turned us away right after a delivery', async () => {
    let calls = 0;
    const { server, held } = mcpApi(() => {
      calls += 1;
      return calls > 1 && calls < 5;
    });
    await deliver(server);
    expect(held()).toBe(callbackUrl);
    await vi.advanceTimersByTimeAsync(7_000);
    expect(held()).toBe('http://127.0.0.1:9/');
  });

  it('is not tried to be replaced without end', async () => {
    let calls = 0;
    const { server, urls } = mcpApi(() => {
      calls += 1;
      return calls > 1;
    });
    await deliver(server);
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(urls.length).toBeLessThanOrEqual(8);
  });

  it('is replaced when the delivery that it was asked for does not come', async () => {
    const { server, held } = mcpApi(() => false);
    await findListener(server, callbackUrl);
    expect(held()).toContain('http://localhost:1455/');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(held()).toBe('http://127.0.0.1:9/');
  });

  it('is not replaced while a delivery is under way', async () => {
    const { server, held } = mcpApi(() => false);
    await findListener(server, callbackUrl);
    const pass = server.channel.send;
    let answer = () => {};
    server.channel.send = async (request) => {
      const answered = await pass(request);
      if (held() === callbackUrl) await new Promise<void>((resolve) => (answer = resolve));
      return answered;
    };
    const delivered = deliver(server);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(held()).toBe(callbackUrl);
    answer();
    await delivered;
    await vi.advanceTimersByTimeAsync(500);
    expect(held()).toBe('http://127.0.0.1:9/');
  });
});
