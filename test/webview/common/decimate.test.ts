/** @file A thinned line keeps each pixel's extremes, whatever the data and the part in sight: a spike never vanishes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Extremes, thin, trace } from '../../../webview/common/decimate.ts';
import type { Curve } from '../../../webview/common/decimate.ts';

const curveOf = (x: Float64Array, y: Float64Array): Curve => {
  const extremes = new Extremes();
  extremes.update(y, 0);
  return { x, y, extremes };
};

/** Plainly, over all values. */
const rawRange = (values: readonly number[]): [number, number] => {
  const finite = values.filter(Number.isFinite);
  return [Math.min(...finite), Math.max(...finite)];
};

/** Mostly plain numbers, at times what a broken step leaves. */
const value = fc.oneof(
  { weight: 20, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity) },
);
const values = fc.array(value, { minLength: 1, maxLength: 3000, size: 'max' });

describe('the tree of extremes', () => {
  test('gives what a plain look at the range gives', () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.nat(), (list, a, b) => {
        const { extremes } = curveOf(new Float64Array(list.length), Float64Array.from(list));
        const [begin, end] = [a % (list.length + 1), b % (list.length + 1)].sort((p, q) => p - q);
        expect(extremes.range(begin!, end!)).toEqual(rawRange(list.slice(begin, end)));
      }),
    );
  });

  test('that grew in pieces is that of the whole', () => {
    fc.assert(
      fc.property(values, fc.array(fc.nat()), (list, cuts) => {
        const all = Float64Array.from(list);
        const extremes = new Extremes();
        let before = 0;
        for (const length of [...cuts.map((cut) => cut % list.length), list.length].sort((a, b) => a - b)) {
          extremes.update(all.subarray(0, length), before);
          before = length;
        }
        expect(extremes.range(0, list.length)).toEqual(rawRange(list));
      }),
    );
  });
});

test('each pixel has the lowest and the highest of its values', () => {
  const width = 40;
  fc.assert(
    fc.property(
      values,
      fc.array(fc.double({ min: 0.01, max: 5, noNaN: true }), { minLength: 3000, maxLength: 3000 }),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      fc.double({ min: 0.05, max: 1, noNaN: true }),
      (list, widths, start, share) => {
        let at = 0;
        const x = Float64Array.from(list, (_, i) => (at += widths[i]!));
        const from = start * at;
        const to = from + share * at;
        const marks = thin(curveOf(x, Float64Array.from(list)), [from, to], width);
        const inside = [...x.keys()].filter((i) => x[i]! >= from && x[i]! <= to);
        const column = (place: number): number => Math.min(width - 1, Math.floor(place));
        for (let pixel = 0; pixel < width; pixel++) {
          const raw = inside.filter((i) => {
            // the same boundaries as those of the columns, rounding and all
            const left = pixel === 0 ? -Infinity : from + pixel / (width / (to - from));
            const right = pixel === width - 1 ? Infinity : from + (pixel + 1) / (width / (to - from));
            return x[i]! >= left && x[i]! < right;
          });
          const drawn = Array.from({ length: marks.count }, (_, k) => k).filter(
            (k) => marks.at[k]! >= 0 && marks.at[k]! <= width && column(marks.at[k]!) === pixel,
          );
          // a point on the border may round into its neighbour where few points are drawn as they are
          if (inside.length <= 2 * width) continue;
          expect([
            Math.min(...drawn.map((k) => marks.low[k]!)),
            Math.max(...drawn.map((k) => marks.high[k]!)),
          ]).toEqual(rawRange(raw.map((i) => list[i]!)));
        }
        const finite = inside.map((i) => list[i]!).filter(Number.isFinite);
        const highs = Array.from({ length: marks.count }, (_, k) => marks.high[k]!);
        for (const top of finite.length > 0 ? [Math.max(...finite)] : []) expect(highs).toContain(top);
      },
    ),
    { numRuns: 60 },
  );
});

test('few points stay as they are, with one beyond each edge', () => {
  const x = Float64Array.of(0, 1, 2, 3, 4, 5);
  const marks = thin(curveOf(x, Float64Array.of(9, 8, 7, 6, 5, 4)), [1.5, 3.5], 100);
  expect([...marks.at.subarray(0, marks.count)]).toEqual([-25, 25, 75, 125]);
  expect([...marks.last.subarray(0, marks.count)]).toEqual([8, 7, 6, 5]);
});

test('a frame of a long line looks at pixels, not at values', () => {
  const length = 1_000_000;
  const x = Float64Array.from({ length }, (_, i) => i);
  const marks = thin(curveOf(x, x), [0, length - 1], 800);
  expect(marks.count).toBeLessThanOrEqual(802);
  expect(marks.high[marks.count - 1]).toBe(length - 1);
});

test('lines are interrupted behind a gap, and begin with a move', () => {
  const x = Float64Array.of(1, 2, 3, 4);
  const marks = thin(curveOf(x, x), [1, 4], 100, Float64Array.of(2));
  const words: string[] = [];
  trace(marks, 0, (y) => -y, {
    moveTo: (px, py) => words.push(`M${px.toFixed(0)},${py}`),
    lineTo: (px, py) => words.push(`L${px.toFixed(0)},${py}`),
  });
  expect(words).toEqual(['M0,-1', 'L33,-2', 'M67,-3', 'L100,-4']);
});
