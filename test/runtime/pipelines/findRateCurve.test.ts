/** @file The rule of the range test on curves whose answer is known. */
import { describe, expect, test } from 'vitest';
import { hasDiverged, judgeRates, rateAt, smoothed } from '../../../runtime/pipelines/findRateCurve.ts';
import type { RatePoint } from '../../../runtime/pipelines/findRateCurve.ts';

const STEPS = 61;
const rates = Array.from({ length: STEPS }, (_, t) => rateAt(1e-6, 1, STEPS, t));
const curve = (loss: (rate: number) => number): RatePoint[] => rates.map((rate) => [rate, loss(rate)]);

/** Falls from 8 to 1 around `middle`, as a logistic over ln(rate), and rises from `end` on. */
const usual =
  (middle: number, end: number) =>
  (rate: number): number =>
    1 + 7 / (1 + rate / middle) + (rate > end ? (rate / end) ** 2 - 1 : 0);

test('the rates grow by one factor from first to last', () => {
  expect(rates[0]).toBe(1e-6);
  expect(rates.at(-1)).toBeCloseTo(1, 12);
  expect(rates[11]! / rates[10]!).toBeCloseTo(10 ** 0.1, 12);
});

test('smoothing begins with the first value and keeps a constant', () => {
  expect(smoothed([3, 3, 3])).toEqual([3, 3, 3].map((x) => expect.closeTo(x, 12) as number));
  expect(smoothed([5, 1])[1]).toBeCloseTo((0.8 * 0.2 * 5 + 0.2 * 1) / (0.8 * 0.2 + 0.2), 12);
});

describe('a loss that falls and rises', () => {
  const verdict = judgeRates(curve(usual(1e-3, 5e-2)), false);
  test('is steepest behind its middle: the smoothing lags by some steps', () => {
    expect(verdict.steepest).toBeGreaterThan(1e-3);
    expect(verdict.steepest).toBeLessThan(5e-3);
  });
  test('is lowest where it rises', () => {
    expect(verdict.best).toBeGreaterThan(3e-2);
    expect(verdict.best).toBeLessThan(0.2);
  });
  test('suggests the steepest rate, which lies below a tenth of the best', () => {
    expect(verdict.suggestion).toBe(Math.min(verdict.steepest!, verdict.best! / 10));
    expect(verdict.diverged).toBeUndefined();
  });
});

test('a fall that ends at once is followed at a distance: never above a tenth of the best', () => {
  const { suggestion, best, steepest } = judgeRates(curve(usual(1e-2, 1e-2)), false);
  expect(steepest).toBeGreaterThan(best! / 10);
  expect(suggestion).toBe(best! / 10);
});

test('a loss that never falls gives no suggestion', () => {
  const flat = judgeRates(
    curve(() => 8),
    false,
  );
  expect(flat).toEqual({ points: flat.points });
  const rising = judgeRates(
    curve((rate) => 8 + rate),
    true,
  );
  expect(rising.suggestion).toBeUndefined();
  expect(rising.diverged).toBeCloseTo(1, 12);
});

test('divergence is four times the lowest smoothed loss, or a number that is none', () => {
  expect(hasDiverged([])).toBe(false);
  expect(hasDiverged([8, 4, 2, 1, 1])).toBe(false);
  expect(hasDiverged([1, 1, 1, 30])).toBe(true);
  expect(hasDiverged([1, 1, 1, 5])).toBe(false);
  expect(hasDiverged([8, NaN])).toBe(true);
  expect(hasDiverged([8, Infinity])).toBe(true);
});

test('points without a number are left out of the rule', () => {
  const points = [...curve(usual(1e-3, 1)), [10, NaN] as const];
  const verdict = judgeRates(points, true);
  expect(verdict.diverged).toBe(10);
  expect(verdict.steepest).toBe(judgeRates(points.slice(0, -1), false).steepest);
});
