/** @file Matrices: layouts, picks, and what is said of numbers that can't be worked with. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  energy,
  firstColumns,
  identity,
  largest,
  matrix,
  MatrixError,
  pickColumns,
  roundedFactors,
  scaleColumns,
  scaled,
  storedOrder,
  transpose,
  weightMatrix,
} from '../../../../runtime/methods/parts/matrix.ts';
import { product } from '../../../../runtime/methods/parts/products.ts';
import { anyMatrix, diagonal, filled, gaussian } from '../../../support/matrices.ts';

const M = matrix(2, 3, Float64Array.of(1, 2, 3, 4, 5, 6));

it('is filled by its numbers, or refused', () => {
  expect(matrix(2, 2).data).toEqual(new Float64Array(4));
  expect(() => matrix(2, 3, new Float64Array(5))).toThrow("5 numbers don't make a matrix of 2 x 3");
});

it('turns, twice to itself', () => {
  expect(transpose(M)).toEqual(matrix(3, 2, Float64Array.of(1, 4, 2, 5, 3, 6)));
  fc.assert(
    fc.property(anyMatrix(), (any) => {
      expect(transpose(transpose(any))).toEqual(any);
    }),
  );
});

it('picks columns in the order asked, and scales them as a diagonal would', () => {
  expect(pickColumns(M, [2, 0])).toEqual(matrix(2, 2, Float64Array.of(3, 1, 6, 4)));
  expect(firstColumns(M, 1)).toEqual(matrix(2, 1, Float64Array.of(1, 4)));
  expect(scaleColumns(M, [1, 10, 100])).toEqual(product(M, diagonal([1, 10, 100])));
  expect(scaled(M, 2)).toEqual(scaleColumns(M, [2, 2, 2]));
  expect(product(identity(2), M)).toEqual(M);
});

describe('a layer', () => {
  const layer = { inputs: 3, outputs: 2 };

  it('is [outputs, inputs] however it is stored', () => {
    expect(weightMatrix(Float32Array.of(1, 2, 3, 4, 5, 6), layer, false)).toEqual(M);
    expect(weightMatrix(Float32Array.of(1, 4, 2, 5, 3, 6), layer, true)).toEqual(M);
  });

  it('goes back to the order it is stored in', () => {
    for (const transposed of [false, true]) {
      const stored = gaussian(2, 3, 'stored').data;
      expect(storedOrder(weightMatrix(stored, layer, transposed), transposed)).toEqual(stored);
    }
  });
});

it('has an energy, the square of its Frobenius norm', () => {
  expect(energy(M)).toBe(91);
  expect(energy(matrix(3, 3))).toBe(0);
});

describe('the largest number', () => {
  it('is one of magnitude', () => {
    expect(largest(matrix(1, 3, Float64Array.of(1, -7, 3)), 'M')).toBe(7);
    expect(largest(matrix(0, 3), 'M')).toBe(0);
  });

  it.each([NaN, Infinity, -Infinity])('is refused with its place where it is %d', (bad) => {
    const M = filled(3, 4, (i, j) => (i === 2 && j === 1 ? bad : 1));
    expect(() => largest(M, 'the gradient')).toThrow(
      new MatrixError(`the gradient holds ${bad} at row 2, column 1`),
    );
  });
});

it('factors are rounded to what float32 holds', () => {
  const { A, B } = roundedFactors({ A: filled(1, 2, () => 0.1), B: filled(2, 1, () => 1 / 3) });
  for (const x of [...A.data, ...B.data]) expect(Math.fround(x)).toBe(x);
  expect(A.data[0]).toBeCloseTo(0.1, 7);
});
