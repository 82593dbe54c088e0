/** @file The randomised decomposition against the exact one, the energy it finds, and which of both is taken. */
import { describe, expect, it } from 'vitest';
import {
  energy,
  matrix,
  MatrixError,
  scaleColumns,
  transpose,
} from '../../../../runtime/methods/parts/matrix.ts';
import type { Matrix } from '../../../../runtime/methods/parts/matrix.ts';
import { product } from '../../../../runtime/methods/parts/products.ts';
import type { Multiply } from '../../../../runtime/methods/parts/products.ts';
import {
  gaussianMatrix,
  leadingSvd,
  randomisedSvd,
  truncated,
} from '../../../../runtime/methods/parts/randomisedSvd.ts';
import { exactSvd } from '../../../../runtime/methods/parts/svd.ts';
import { uniform } from '../../../../runtime/train/random.ts';
import { filled, gaussian, maxError, skew, sources } from '../../../support/matrices.ts';

/** A matrix whose singular values fall like 1 / (1 + i). */
function falling(m: number, n: number, power = 1): Matrix {
  const { U, V } = exactSvd(gaussian(m, n, 'falling'), 'M');
  return product(
    scaleColumns(
      U,
      Array.from({ length: U.columns }, (_, i) => (1 + i) ** -power),
    ),
    V,
    { b: true },
  );
}
const options = { sketch: 32, powerIterations: 4 };

describe('normal numbers', () => {
  it('have mean 0, deviation 1 and thin tails, and follow from the source alone', () => {
    const { data } = gaussianMatrix(100, 101, uniform(5));
    const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(energy(matrix(100, 101, data)) / data.length).toBeCloseTo(1, 1);
    const beyond = data.filter((x) => Math.abs(x) > 2).length / data.length;
    expect(Math.abs(beyond - 0.0455)).toBeLessThan(0.01);
    expect(gaussianMatrix(100, 101, uniform(5)).data).toEqual(data);
    expect(gaussianMatrix(3, 1, uniform(5)).data).toEqual(data.slice(0, 3));
  });

  it('are finite even where the source gives 0', () => {
    for (const x of gaussianMatrix(2, 2, () => 0).data) expect(x).toBeCloseTo(0, 15);
  });
});

describe('a randomised decomposition', () => {
  it('has the leading values and vectors of the exact one, tall or wide', async () => {
    for (const M of [falling(90, 60), transpose(falling(90, 60))]) {
      const exact = truncated(exactSvd(M, 'M'), 8);
      const found = truncated(await randomisedSvd(M, options, sources(), 'M'), 8);
      for (const [i, s] of exact.S.entries()) expect(found.S[i]! / s).toBeCloseTo(1, 6);
      expect(maxError(found.U, exact.U)).toBeLessThan(1e-3);
      expect(maxError(found.V, exact.V)).toBeLessThan(1e-3);
    }
  });

  it('is exact where the sketch is as wide as the rank', async () => {
    const M = product(gaussian(70, 5, 'l'), gaussian(5, 50, 'r'));
    const { U, S, V } = await randomisedSvd(M, { sketch: 8, powerIterations: 1 }, sources(), 'M');
    expect(maxError(product(scaleColumns(U, S), V, { b: true }), M)).toBeLessThan(1e-12);
    expect(skew(U)).toBeLessThan(1e-13);
    expect(skew(V)).toBeLessThan(1e-12);
    expect(Array.from(S.slice(5))).toEqual([0, 0, 0]);
  });

  it('keeps directions that are small beside the largest', async () => {
    const { U, V } = exactSvd(gaussian(90, 60, 'steep'), 'M');
    const steep = product(
      scaleColumns(
        U,
        Array.from({ length: 60 }, (_, i) => 10 ** -i),
      ),
      V,
      { b: true },
    );
    for (const M of [steep, transpose(steep)]) {
      const { S } = await randomisedSvd(M, { sketch: 12, powerIterations: 4 }, sources(), 'M');
      for (let i = 0; i < 8; i++) expect(S[i]! * 10 ** i).toBeCloseTo(1, 6);
    }
  });

  // section 2.10: q = 4r, niter = 4 captures 99.6 to 100 % of the optimal rank-r energy
  it.each([
    ['a falling spectrum', falling(200, 160, 0.5)],
    ['noise', gaussian(200, 160, 'noise')],
  ])('finds 99.6 percent of the energy that rank r can hold in %s', async (_, M) => {
    const rank = 8;
    const found = truncated(
      await randomisedSvd(M, { sketch: 4 * rank, powerIterations: 4 }, sources(), 'M'),
      rank,
    );
    const held = (S: Float64Array): number => S.reduce((sum, s) => sum + s * s, 0);
    const share = held(found.S) / held(exactSvd(M, 'M').S.slice(0, rank));
    expect(share).toBeGreaterThan(0.996);
    expect(share).toBeLessThanOrEqual(1 + 1e-12);
  });

  it('follows from its sources, and takes every product from them, also where they answer later', async () => {
    const M = falling(90, 60);
    const calls: string[] = [];
    const later: Multiply = async (A, B, transposed) => {
      calls.push(`${A.rows}x${A.columns} ${B.rows}x${B.columns}`);
      await Promise.resolve();
      return product(A, B, transposed);
    };
    const here = await randomisedSvd(M, { sketch: 4, powerIterations: 1 }, sources(3), 'M');
    const there = await randomisedSvd(
      M,
      { sketch: 4, powerIterations: 1 },
      { ...sources(3), multiply: later },
      'M',
    );
    expect(there).toEqual(here);
    // 2 (powerIterations + 1) with M, and the small Q U
    expect(calls).toEqual(['90x60 60x4', '90x60 90x4', '90x60 60x4', '90x4 90x60', '90x4 4x4']);
  });
});

describe('leading values', () => {
  const refuseProducts = { ...sources(), multiply: () => Promise.reject(new Error('asked for a product')) };

  it('are exact for small matrices and wide sketches, without a random number', async () => {
    for (const [M, sketch] of [
      [gaussian(300, 128, 'small'), 4],
      [gaussian(150, 140, 'wide'), 71],
    ] as const) {
      const { S, U } = await leadingSvd(M, 3, { ...options, sketch }, refuseProducts, 'M');
      expect([S.length, U.columns]).toEqual([3, 3]);
    }
  });

  it('are sketched for larger ones, never narrower than what is asked', async () => {
    const M = falling(160, 150, 2);
    await expect(leadingSvd(M, 3, options, refuseProducts, 'M')).rejects.toThrow('asked for a product');
    const { S } = await leadingSvd(M, 6, { ...options, sketch: 2 }, sources(), 'M');
    for (const [i, s] of S.slice(0, 4).entries()) expect(s).toBeCloseTo((1 + i) ** -2, 6);
    expect(S.length).toBe(6);
  });

  it('are refused where there are fewer, or a number is not finite', async () => {
    await expect(leadingSvd(gaussian(4, 9, 0), 5, options, sources(), 'the gradient')).rejects.toThrow(
      new MatrixError('the gradient of 4 x 9 has no 5 singular vectors'),
    );
    for (const size of [4, 200]) {
      const M = filled(size, size, (i, j) => (i === 1 && j === 2 ? NaN : 1));
      await expect(leadingSvd(M, 2, options, sources(), 'the gradient')).rejects.toThrow(
        'the gradient holds NaN at row 1, column 2',
      );
    }
  });
});
