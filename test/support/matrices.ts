/** @file Matrices for tests of decompositions and start values: fixture F1 of the methods' specification, odd ones, and norms. */
import fc from 'fast-check';
import { energy, identity, matrix } from '../../runtime/methods/parts/matrix.ts';
import type { Matrix } from '../../runtime/methods/parts/matrix.ts';
import { product } from '../../runtime/methods/parts/products.ts';
import { gaussianMatrix } from '../../runtime/methods/parts/randomisedSvd.ts';
import type { SvdSources } from '../../runtime/methods/parts/randomisedSvd.ts';
import { hashKey, uniform } from '../../runtime/train/random.ts';

export const filled = (rows: number, columns: number, at: (i: number, j: number) => number): Matrix =>
  matrix(
    rows,
    columns,
    Float64Array.from({ length: rows * columns }, (_, k) => at(Math.floor(k / columns), k % columns)),
  );

/** F1: m = 8, n = 6, r = 2. */
export const F1 = {
  G: filled(8, 6, (i, j) => Math.sin(1 + 1.7 * i + 0.9 * j * (i + 1))),
  W0: filled(8, 6, (i, j) => Math.cos(0.3 * i * j + 0.5 * i - 0.2 * j)),
  T: filled(8, 6, (i, j) => Math.cos(0.5 * i * j + 0.3 * j)),
  rank: 2,
};

export const gaussian = (rows: number, columns: number, seed: number | string): Matrix =>
  gaussianMatrix(rows, columns, uniform(hashKey('gaussian', seed)));

/** Products in plain TypeScript and random numbers that follow from `seed`. */
export const sources = (seed: number | string = 0): SvdSources => ({
  multiply: product,
  random: uniform(hashKey('sources', seed)),
});

export const minus = (A: Matrix, B: Matrix, factor = 1): Matrix => {
  sameSize(A, B);
  return matrix(
    A.rows,
    A.columns,
    A.data.map((a, at) => a - factor * B.data[at]!),
  );
};

function sameSize(A: Matrix, B: Matrix): void {
  if (A.rows !== B.rows || A.columns !== B.columns)
    throw new Error(`${A.rows} x ${A.columns} is no ${B.rows} x ${B.columns}`);
}

export const plus = (A: Matrix, B: Matrix): Matrix => minus(A, B, -1);
export const norm = (M: Matrix): number => Math.sqrt(energy(M));
export const distance = (A: Matrix, B: Matrix): number => norm(minus(A, B));
export const inner = (A: Matrix, B: Matrix): number =>
  A.data.reduce((sum, a, at) => sum + a * B.data[at]!, 0);
export const maxError = (A: Matrix, B: Matrix): number =>
  minus(A, B).data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** ||Mᵀ M - I||: 0 for orthonormal columns. */
export const skew = (M: Matrix): number => distance(product(M, M, { a: true }), identity(M.columns));

export const diagonal = (numbers: ArrayLike<number>): Matrix =>
  filled(numbers.length, numbers.length, (i, j) => (i === j ? numbers[i]! : 0));

/** Sizes up to `most` on each side and a seed. */
const sizes = (most: number): fc.Arbitrary<[number, number, number]> =>
  fc.tuple(fc.integer({ min: 1, max: most }), fc.integer({ min: 1, max: most }), fc.nat());

/** Kinds of matrix on which decompositions are known to stumble. */
const kinds: readonly ((rows: number, columns: number, seed: number) => Matrix)[] = [
  gaussian,
  (rows, columns) => matrix(rows, columns),
  (rows, columns) => filled(rows, columns, () => 1),
  (rows, columns, seed) => {
    const M = gaussian(rows, columns, seed);
    return matrix(rows, columns, M.data.map(Math.sign));
  },
  // rank 1 and 2
  (rows, columns, seed) => product(gaussian(rows, 1, seed), gaussian(1, columns, seed + 1)),
  (rows, columns, seed) => product(gaussian(rows, 2, seed), gaussian(2, columns, seed + 1)),
  // columns, then rows, whose sizes fall by powers of ten
  (rows, columns, seed) => {
    const M = gaussian(rows, columns, seed);
    return filled(rows, columns, (i, j) => M.data[i * columns + j]! * 10 ** (-20 * j));
  },
  (rows, columns, seed) => {
    const M = gaussian(rows, columns, seed);
    return filled(rows, columns, (i, j) => M.data[i * columns + j]! * 10 ** (-2 * i - j));
  },
  // few numbers that aren't zero
  (rows, columns, seed) => {
    const M = gaussian(rows, columns, seed);
    return matrix(
      rows,
      columns,
      M.data.map((x) => (Math.abs(x) > 1.5 ? x : 0)),
    );
  },
  (rows, columns) => filled(rows, columns, (i, j) => 1 / (1 + i + j)),
  (rows, columns, seed) =>
    matrix(
      rows,
      columns,
      gaussian(rows, columns, seed).data.map((x) => 1e-305 * x),
    ),
  (rows, columns, seed) =>
    matrix(
      rows,
      columns,
      gaussian(rows, columns, seed).data.map((x) => 1e-315 * x),
    ),
  (rows, columns, seed) =>
    matrix(
      rows,
      columns,
      gaussian(rows, columns, seed).data.map((x) => 1e305 * x),
    ),
];

export const anyMatrix = (most = 20): fc.Arbitrary<Matrix> =>
  fc
    .tuple(fc.constantFrom(...kinds), sizes(most))
    .map(([kind, [rows, columns, seed]]) => kind(rows, columns, seed));
