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

it('calls no more often for several works than for one, and until the last has ended', async () => {
  vi.useFakeTimers();
  const call = vi.fn(async () => {});
  Object.assign(fakeBrowser.runtime, { getPlatformInfo: call });
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  void stayAwake(first.promise);
  void stayAwake(second.promise);
  await vi.advanceTimersByTimeAsync(20_000);
  first.resolve();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(call).toHaveBeenCalledTimes(2);
  second.resolve();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(call).toHaveBeenCalledTimes(2);
});
