/** @file OLoRA's start values against QR's definition. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { oloraStart } from '../../../../runtime/methods/inits/olora.ts';
import { firstColumns, matrix, MatrixError, scaled } from '../../../../runtime/methods/parts/matrix.ts';
import { product } from '../../../../runtime/methods/parts/products.ts';
import { qr } from '../../../../runtime/methods/parts/qr.ts';
import { F1, gaussian, maxError, minus, skew } from '../../../support/matrices.ts';

it('OLoRA takes the first columns of Q and rows of R: what the base lacks is its first r columns', () => {
  const size = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(size, size, fc.nat(), fc.nat(), (m, n, seed, any) => {
      const W = gaussian(m, n, seed);
      const rank = 1 + (any % Math.min(m, n));
      const { A, B } = oloraStart(W, rank);
      expect([B.rows, B.columns, A.rows, A.columns]).toEqual([m, rank, rank, n]);
      expect(skew(B)).toBeLessThan(1e-13);
      const whole = qr(W);
      expect(maxError(B, firstColumns(whole.Q, rank))).toBeLessThan(1e-11);
      expect(maxError(A, matrix(rank, n, whole.R.data.slice(0, rank * n)))).toBeLessThan(1e-11);
      const rest = firstColumns(minus(W, product(B, A)), rank);
      expect(maxError(rest, matrix(m, rank))).toBeLessThan(1e-13);
    }),
  );
});

it('OLoRA is refused for a weight that is not finite and a rank beyond it', () => {
  expect(() => oloraStart(scaled(F1.W0, Infinity), 2)).toThrow(MatrixError);
  expect(() => oloraStart(F1.W0, 7)).toThrow('rank 7 is above the smaller side of a weight of 8 x 6');
});
