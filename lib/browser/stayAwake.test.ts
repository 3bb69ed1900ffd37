import { afterEach, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { stayAwake } from './stayAwake';

afterEach(() => void vi.useRealTimers());

it('calls the browser more often than every 30 seconds until the work has ended, well or badly, and no longer', async () => {
  vi.useFakeTimers();
  const call = vi.fn(async () => {});
  Object.assign(fakeBrowser.runtime, { getPlatformInfo: call });
  for (const end of ['resolve', 'reject'] as const) {
    call.mockClear();
    const work = Promise.withResolvers<void>();
    const awake = stayAwake(work.promise).catch(() => {});
    await vi.advanceTimersByTimeAsync(90_000);
    expect(call).toHaveBeenCalledTimes(4);
    work[end]();
    await awake;
    await vi.advanceTimersByTimeAsync(90_000);
    expect(call).toHaveBeenCalledTimes(4);
  }
});
