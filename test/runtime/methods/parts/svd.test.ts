/** @file The exact decomposition on matrices of every kind, against its definition and against another implementation. */
import fc from 'fast-check';
import { SingularValueDecomposition } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import {
  largest,
  matrix,
  MatrixError,
  scaleColumns,
  transpose,
} from '../../../../runtime/methods/parts/matrix.ts';
import type { Matrix } from '../../../../runtime/methods/parts/matrix.ts';
import { product } from '../../../../runtime/methods/parts/products.ts';
import { exactSvd, withSigns } from '../../../../runtime/methods/parts/svd.ts';
import { anyMatrix, F1, filled, gaussian, maxError, norm, skew } from '../../../support/matrices.ts';

/** U diag(S) Vᵀ - M relative to M's largest number; below 1e-290 a number is too short of bits for that. */
function residual(M: Matrix): number {
  const { U, S, V } = exactSvd(M, 'M');
  const size = Math.max(largest(M, 'M'), 1e-290);
  const relative = scaleColumns(
    U,
    S.map((s) => s / size),
  );
  return maxError(
    product(relative, V, { b: true }),
    matrix(
      M.rows,
      M.columns,
      M.data.map((x) => x / size),
    ),
  );
}

describe('the singular value decomposition', () => {
  it('gives the matrix back, with orthonormal vectors and descending values, whatever the matrix', () => {
    fc.assert(
      fc.property(anyMatrix(), (M) => {
        const { U, S, V } = exactSvd(M, 'M');
        const k = Math.min(M.rows, M.columns);
        expect([U.rows, U.columns, S.length, V.rows, V.columns]).toEqual([M.rows, k, k, M.columns, k]);
        expect(residual(M)).toBeLessThan(1e-13);
        expect(skew(U)).toBeLessThan(1e-12);
        expect(skew(V)).toBeLessThan(1e-12);
        for (const [i, s] of S.entries()) {
          expect(s).toBeGreaterThanOrEqual(0);
          if (i > 0) expect(s).toBeLessThanOrEqual(S[i - 1]!);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('has the values that ml-matrix finds', () => {
    for (const [m, n] of [
      [1, 1],
      [12, 5],
      [5, 12],
      [40, 40],
    ] as const) {
      const M = gaussian(m, n, `${m} ${n}`);
      const rows = Array.from({ length: m }, (_, i) => Array.from(M.data.slice(i * n, (i + 1) * n)));
      const { diagonal } = new SingularValueDecomposition(rows, { autoTranspose: true });
      for (const [i, s] of exactSvd(M, 'M').S.entries()) expect(s).toBeCloseTo(diagonal[i]!, 12);
    }
  });

  it('has the values and vectors of fixture F1', () => {
    const { S, V } = exactSvd(F1.G, 'G');
    const expected = [2.87360861, 2.47664864, 2.24846913, 1.94295197, 1.38630468, 1.38347644];
    for (const [i, s] of expected.entries()) expect(S[i]).toBeCloseTo(s, 8);
    expect(norm(F1.G)).toBeCloseTo(5.20172457, 8);
    const squares = [0.06573052, 0.34451856, 0.25116462, 0.00504871, 0.09583979, 0.23769779];
    for (const [j, square] of squares.entries()) expect(V.data[j * 6]! ** 2).toBeCloseTo(square, 8);
    // the fixture itself
    for (const [j, g] of [0.841471, 0.9463, 0.334988, -0.529836, -0.993691, -0.70554].entries())
      expect(F1.G.data[j]).toBeCloseTo(g, 6);
    for (const [j, w] of [0.877583, 0.825336, 0.764842, 0.696707, 0.62161, 0.540302].entries())
      expect(F1.W0.data[6 + j]).toBeCloseTo(w, 6);
  });

  it('knows a rank: values below rounding are zero', () => {
    const M = product(gaussian(30, 3, 'left'), gaussian(3, 20, 'right'));
    const { S } = exactSvd(M, 'M');
    expect(S.slice(0, 3).every((s) => s > 1)).toBe(true);
    expect(Array.from(S.slice(3))).toEqual(new Array(17).fill(0));
  });

  it('returns from a matrix of ones, whose size other algorithms stumble on', () => {
    const { S } = exactSvd(
      filled(30, 27, () => 1),
      'M',
    );
    expect(S[0]).toBeCloseTo(Math.sqrt(30 * 27), 12);
    expect(S.slice(1).every((s) => s === 0)).toBe(true);
  });

  it('settles signs: the largest entry of each left vector is positive, wide or tall', () => {
    fc.assert(
      fc.property(anyMatrix(8), (M) => {
        for (const any of [M, transpose(M)]) {
          const { U } = exactSvd(any, 'M');
          for (let i = 0; i < U.columns; i++) {
            const column = Array.from({ length: U.rows }, (_, row) => U.data[row * U.columns + i]!);
            expect(Math.max(...column)).toBe(Math.max(...column.map(Math.abs)));
          }
        }
      }),
    );
  });

  it('flips pairs together, so that the product stays', () => {
    const { U, S, V } = exactSvd(gaussian(6, 4, 'flip'), 'M');
    const turned = withSigns({ U: scaleColumns(U, [-1, 1, -1, 1]), S, V: scaleColumns(V, [-1, 1, -1, 1]) });
    expect(turned).toEqual({ U, S, V });
  });

  it.each([NaN, Infinity])('refuses %d by name and place', (bad) => {
    const M = filled(5, 9, (i, j) => (i === 3 && j === 7 ? bad : 1));
    expect(() => exactSvd(M, 'the gradient')).toThrow(MatrixError);
    expect(() => exactSvd(M, 'the gradient')).toThrow('the gradient holds');
  });
});
