/** @file The finder's file, checked. */
import { expect, test } from 'vitest';
import { parseCurve } from '../../../src/sweeps/curve.ts';

test('a curve with what it found', () => {
  const text = JSON.stringify({ points: [[1e-6, 8]], suggestion: 1e-3, best: 1e-2, config: 'c' });
  expect(parseCurve(text)).toEqual({ points: [[1e-6, 8]], suggestion: 1e-3, best: 1e-2 });
});

test('what is none, and points that are none', () => {
  for (const text of ['', 'null', '[]', '{"points": 3}']) expect(parseCurve(text)).toBeUndefined();
  const points = [[1e-6, 8], [0, 1], [1e-5, null], 'x', [1], [1e-4, 7]];
  expect(parseCurve(JSON.stringify({ points, suggestion: 'x' }))).toEqual({
    points: [
      [1e-6, 8],
      [1e-4, 7],
    ],
  });
});
