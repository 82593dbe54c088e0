/** @file Student's quantiles against printed tables, and an interval worked by hand. */
import { expect, test } from 'vitest';
import { meanInterval, studentT } from '../../../runtime/runs/interval.ts';

test.each([
  [1, 12.706],
  [2, 4.303],
  [5, 2.571],
  [10, 2.228],
  [11, 2.201],
  [15, 2.131],
  [30, 2.042],
  [60, 2.0],
  [120, 1.98],
  [1e6, 1.96],
])('t(0.975, %d) = %d', (degrees, value) => {
  expect(Math.abs(studentT(degrees) - value)).toBeLessThan(6e-4);
});

test('mean and half-width: 1, 2, 3 give 2 ± 4.303 / sqrt(3)', () => {
  const { n, mean, half } = meanInterval([1, 2, 3])!;
  expect([n, mean]).toEqual([3, 2]);
  expect(half).toBeCloseTo(4.3027 / Math.sqrt(3), 4);
});

test('one value has no width, none has no mean, equal ones a width of zero', () => {
  expect(meanInterval([5])).toEqual({ n: 1, mean: 5 });
  expect(meanInterval([])).toBeUndefined();
  expect(meanInterval([2, 2])?.half).toBe(0);
});
