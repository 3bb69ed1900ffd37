import { describe, expect, it } from 'vitest';
import { median, percentile } from './statistics';

const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

describe('a percentile', () => {
  it.each([
    [50, 50],
    [95, 95],
    [100, 100],
    [0, 1],
  ])('%i of 1 to 100 is %i', (percent, expected) => {
    expect(percentile(hundred, percent)).toBe(expected);
  });

  it('is one of the values, however few there are', () => {
    expect(percentile([7], 95)).toBe(7);
    expect(percentile([1, 9], 95)).toBe(9);
    expect(median([9, 1, 5])).toBe(5);
  });

  it('orders numbers as numbers, and leaves the list as it is', () => {
    const values = [100, 9, 20];
    expect(median(values)).toBe(20);
    expect(values).toEqual([100, 9, 20]);
  });

  it('is not made up when nothing was measured', () => {
    expect(() => median([])).toThrow('nothing was measured');
  });
});
