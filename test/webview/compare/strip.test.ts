/** @file Seeds on one scale. */
import { expect, test } from 'vitest';
import { mainMeasure, strips } from '../../../webview/compare/strip.ts';
import { comparison } from './comparison.ts';

test('points lie in order inside of the scale, the mean between them, the interval cut where it is wider', () => {
  const [a, b] = strips(comparison, 'best');
  expect(a!.points[0]).toBeGreaterThan(0);
  expect(a!.points[1]).toBeLessThan(1);
  expect(a!.points[0]).toBeLessThan(a!.mean);
  expect(a!.mean).toBeCloseTo(0.5, 12);
  expect([a!.interval, a!.isCut]).toEqual([[0, 1], true]);
  expect(b).toEqual({ points: [a!.mean], mean: a!.mean, isCut: false });
});

test('the scale is logarithmic over a decade', () => {
  const runs = comparison.runs.map((run, i) => ({
    ...run,
    metrics: { ...run.metrics, best: { step: 1, loss: [0.01, 0.1, 1][i]! } },
  }));
  const [a, b] = strips({ ...comparison, runs }, 'best');
  const [first, second] = a!.points as [number, number];
  expect(second - first).toBeCloseTo(b!.points[0]! - second, 12);
});

test('what has no value has no strip; the first measure that any group has is shown', () => {
  expect(strips(comparison, 'validation')).toEqual([undefined, undefined]);
  expect(mainMeasure(comparison)).toBe('best');
  const bare = comparison.groups.map(({ label, runs, counted, train }) => ({
    label,
    runs,
    counted,
    train: train!,
  }));
  expect(mainMeasure({ ...comparison, groups: bare })).toBe('train');
  expect(mainMeasure({ ...comparison, groups: [] })).toBeUndefined();
});
