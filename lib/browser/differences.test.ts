import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { unchanged } from './differences';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('lets a request go on unchanged when its listener has ended', async () => {
  let end = () => {};
  const goesOn = vi.fn();
  void unchanged(() => new Promise<void>((resolve) => (end = resolve)))(undefined).then(goesOn);
  await vi.advanceTimersByTimeAsync(4_999);
  expect(goesOn).not.toHaveBeenCalled();
  end();
  await vi.advanceTimersByTimeAsync(0);
  expect(goesOn).toHaveBeenCalledWith({});
});

it('lets a request go on after five seconds, whatever its listener waits for', async () => {
  const goesOn = vi.fn();
  void unchanged(() => new Promise<void>(() => {}))(undefined).then(goesOn);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(goesOn).toHaveBeenCalledWith({});
});
