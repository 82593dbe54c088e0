/** @file What one looks at stays inside of what there is. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inside, moved, zoomed } from '../../../webview/common/axisRange.ts';

test('a zoom keeps its point where it was, and ends at the edges', () => {
  expect(zoomed([0, 100], [0, 100], 25, 0.5)).toEqual([12.5, 62.5]);
  expect(zoomed([40, 60], [0, 100], 50, 100)).toEqual([0, 100]);
  expect(moved([20, 40], [0, 100], 0.5)).toEqual([30, 50]);
  expect(moved([80, 100], [0, 100], 0.5)).toEqual([80, 100]);
});

test('no zoom and no move leaves what there is, or turns it round', () => {
  const full = [-5, 1000] as const;
  const place = fc.double({ min: -2000, max: 2000, noNaN: true });
  fc.assert(
    fc.property(
      place,
      fc.double({ min: 1e-3, max: 500, noNaN: true }),
      place,
      fc.double({ min: 0, max: 1e3, noNaN: true }),
      (from, length, x, factor) => {
        const range = inside([from, from + length], full);
        for (const [a, b] of [zoomed(range, full, x, factor), moved(range, full, x)]) {
          expect(a).toBeGreaterThanOrEqual(full[0]);
          expect(b).toBeLessThanOrEqual(full[1] + 1e-9);
          expect(b).toBeGreaterThan(a);
        }
      },
    ),
  );
});
