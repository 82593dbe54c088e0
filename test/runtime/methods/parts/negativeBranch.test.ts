/** @file What takes start values back: an adapter of twice the rank, or a base without them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MatrixError, matrix, scaled } from '../../../../runtime/methods/parts/matrix.ts';
import {
  doubledAlpha,
  doubledFactors,
  withoutStart,
} from '../../../../runtime/methods/parts/negativeBranch.ts';
import { product } from '../../../../runtime/methods/parts/products.ts';
import { filled, gaussian, maxError, minus } from '../../../support/matrices.ts';

const size = fc.integer({ min: 1, max: 7 });

describe('twice the rank', () => {
  it('adds B A - B0 A0', () => {
    fc.assert(
      fc.property(size, size, size, (m, n, r) => {
        const now = { B: gaussian(m, r, 'B'), A: gaussian(r, n, 'A') };
        const start = { B: gaussian(m, r, 'B0'), A: gaussian(r, n, 'A0') };
        const { A, B } = doubledFactors(now, start);
        expect([B.rows, B.columns, A.rows, A.columns]).toEqual([m, 2 * r, 2 * r, n]);
        const expected = minus(product(now.B, now.A), product(start.B, start.A));
        expect(maxError(product(B, A), expected)).toBeLessThan(1e-13);
      }),
    );
  });

  it('keeps the scale of once the rank', () => {
    for (const [alpha, rank] of [
      [16, 8],
      [3, 5],
    ] as const) {
      expect(doubledAlpha({ alpha, rankStabilized: false }) / (2 * rank)).toBeCloseTo(alpha / rank, 14);
      const stabilised = doubledAlpha({ alpha, rankStabilized: true }) / Math.sqrt(2 * rank);
      expect(stabilised).toBeCloseTo(alpha / Math.sqrt(rank), 14);
    }
  });
});

describe('the base of the mutating mode', () => {
  it('lacks s B0 A0', () => {
    const W = gaussian(5, 4, 'W');
    const start = { B: gaussian(5, 2, 'B0'), A: gaussian(2, 4, 'A0') };
    const rest = withoutStart(W, start, 0.5);
    expect(maxError(minus(W, rest), scaled(product(start.B, start.A), 0.5))).toBeLessThan(1e-15);
  });

  it('is refused where it is not finite', () => {
    const start = { B: filled(2, 1, () => 1e200), A: filled(1, 2, () => 1e200) };
    expect(() => withoutStart(matrix(2, 2), start, 1)).toThrow(MatrixError);
  });
});
