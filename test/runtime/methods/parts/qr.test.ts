/** @file Orthonormal bases on matrices of every kind, and least squares. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MatrixError, largest, matrix, transpose } from '../../../../runtime/methods/parts/matrix.ts';
import { product } from '../../../../runtime/methods/parts/products.ts';
import { dot, leastSquares, qr } from '../../../../runtime/methods/parts/qr.ts';
import { anyMatrix, filled, gaussian, maxError, skew } from '../../../support/matrices.ts';

describe('QR', () => {
  it('gives the matrix back from orthonormal columns and a triangle, whatever the matrix', () => {
    fc.assert(
      fc.property(anyMatrix(), (M) => {
        const { Q, R } = qr(M);
        const k = Math.min(M.rows, M.columns);
        expect([Q.rows, Q.columns, R.rows, R.columns]).toEqual([M.rows, k, k, M.columns]);
        expect(skew(Q)).toBeLessThan(1e-13);
        // numbers below 1e-270 are too short of bits for a relative error
        const size = Math.max(largest(M, 'M'), 1e-270);
        expect(maxError(product(Q, R), M) / size).toBeLessThan(1e-13);
        for (let i = 0; i < k; i++) {
          expect(R.data[i * R.columns + i]).toBeGreaterThanOrEqual(0);
          for (let j = 0; j < i; j++) expect(R.data[i * R.columns + j]).toBe(0);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('completes the basis where columns are zero or equal', () => {
    const M = filled(7, 4, (i, j) => (j === 2 ? 0 : Math.sin(1 + i * (1 + (j % 2)))));
    const { Q, R } = qr(M);
    expect(skew(Q)).toBeLessThan(1e-14);
    for (let i = 0; i < 4; i++) expect(R.data[i * 4 + 2]).toBeCloseTo(0, 15);
  });

  it('is that of Gram and Schmidt where the rank is full', () => {
    const M = matrix(3, 2, Float64Array.of(3, 1, 4, 2, 0, 5));
    const { R } = qr(M);
    // R Rᵀ's diagonal by hand: r11 = 5, r12 = (3 + 8) / 5, r22 = sqrt(30 - 2.2²)
    expect(R.data[0]).toBeCloseTo(5, 14);
    expect(R.data[1]).toBeCloseTo(2.2, 14);
    expect(R.data[3]).toBeCloseTo(Math.sqrt(30 - 2.2 ** 2), 14);
  });
});

describe('least squares', () => {
  it('leave a rest that is orthogonal to the columns', () => {
    const narrower = fc.tuple(
      fc.integer({ min: 1, max: 9 }),
      fc.nat(9),
      fc.integer({ min: 1, max: 6 }),
      fc.nat(),
    );
    fc.assert(
      fc.property(narrower, ([q, more, n, seed]) => {
        const A = gaussian(q + more, q, seed);
        const B = gaussian(q + more, n, `right ${seed}`);
        const X = leastSquares(A, B);
        expect([X.rows, X.columns]).toEqual([q, n]);
        const rest = matrix(
          B.rows,
          n,
          product(A, X).data.map((y, at) => B.data[at]! - y),
        );
        expect(largest(product(A, rest, { a: true }), 'rest')).toBeLessThan(1e-10 * (1 + largest(X, 'X')));
      }),
    );
  });

  it('are refused where columns depend on each other or are more than the rows', () => {
    const twice = filled(5, 2, (i) => 1 + i);
    expect(() => leastSquares(twice, gaussian(5, 1, 0))).toThrow(MatrixError);
    expect(() => leastSquares(transpose(twice), gaussian(2, 1, 0))).toThrow(MatrixError);
    expect(() => leastSquares(matrix(5, 2), gaussian(5, 1, 0))).toThrow(MatrixError);
  });
});

it('a dot product reads from any place', () => {
  const x = Float64Array.of(9, 1, 2, 3, 4, 5, 6);
  expect(dot(x, 1, x, 2, 5)).toBe(1 * 2 + 2 * 3 + 3 * 4 + 4 * 5 + 5 * 6);
});
