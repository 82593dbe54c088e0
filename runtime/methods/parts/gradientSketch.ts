/**
 * @file A gradient's leading singular values from two thin products, so that the gradient itself is never formed: training
 * frozen sketches accumulates Y = G Omega and Z = Psiᵀ G (single-pass randomised SVD; Tropp, Yurtsever, Udell and Cevher,
 * arXiv:1609.00048).
 */
import { energy, largest, matrix, MatrixError, scaleColumns } from './matrix.ts';
import type { Matrix } from './matrix.ts';
import { product } from './products.ts';
import { leastSquares, qr } from './qr.ts';
import { gaussianMatrix } from './randomisedSvd.ts';
import { exactSvd, withSigns } from './svd.ts';
import type { Svd } from './svd.ts';

/** The fixed random matrices of one layer: Omega [inputs, q] and Psi [outputs, l]. */
export interface SketchBasis {
  readonly Omega: Matrix;
  readonly Psi: Matrix;
}

/** What passes over the data leave: Y = G Omega [outputs, q] and Z = Psiᵀ G [l, inputs], means over the same batches. */
export interface GradientSketch {
  readonly Y: Matrix;
  readonly Z: Matrix;
}

/**
 * Omega and Psi for an adapter of rank r, q = 4r and l = 8r wide where the layer has room, of numbers that float32 holds: the
 * engine multiplies by them in single precision, and what solves for G must know the very same.
 */
export function sketchBasis(
  rank: number,
  { inputs, outputs }: { readonly inputs: number; readonly outputs: number },
  random: () => number,
): SketchBasis {
  const q = Math.min(4 * rank, inputs, outputs);
  const l = Math.min(8 * rank, outputs);
  return {
    Omega: inFloat32(gaussianMatrix(inputs, q, random)),
    Psi: inFloat32(gaussianMatrix(outputs, l, random)),
  };
}

/**
 * Singular values and vectors of the gradient that the sketch saw, as many as Omega has columns: G ~ Q C with Q = qr(Y) and C the
 * least-squares solution of (Psiᵀ Q) C = Z. Exact where G's rank is at most q, else the last of them are the least accurate.
 * Throws a MatrixError when the sketch isn't finite or is zero everywhere.
 */
export function svdOfSketch({ Y, Z }: GradientSketch, { Psi }: SketchBasis): Svd {
  largest(Z, 'the sketched gradient');
  if (largest(Y, 'the sketched gradient') === 0) throw new MatrixError('the gradient is zero everywhere');
  const { Q } = qr(Y);
  const C = leastSquares(product(Psi, Q, { a: true }), Z);
  const { U, S, V } = exactSvd(C, 'the sketched gradient');
  return withSigns({ U: product(Q, U), S, V });
}

/**
 * What a second pass over the same batches takes in place of the random matrices: the directions found so far. It is a power
 * iteration from both sides: of a gradient whose spectrum falls like i^-0.7 the first pass at r = 4 finds 83 and 89 % of the
 * energy that 2r left and right directions can hold, the second 98 %.
 */
export function replayBasis({ U, V }: Svd): SketchBasis {
  return { Omega: inFloat32(V), Psi: inFloat32(U) };
}

/**
 * Singular values and vectors from a replay, Y = G V [outputs, q] and Z = Uᵀ G [q, inputs] for the `basis` it ran with. Left
 * vectors and values are Y's (never above the gradient's own), right vectors Z's: the system between both may be ill-conditioned
 * where the last directions turned.
 * Throws a MatrixError when Y or Z isn't finite or is zero everywhere.
 */
export function svdOfReplay({ Y, Z }: GradientSketch, basis: SketchBasis): Svd {
  if (largest(Y, 'the sketched gradient') === 0 || largest(Z, 'the sketched gradient') === 0)
    throw new MatrixError('the gradient is zero everywhere');
  const left = exactSvd(Y, 'the sketched gradient');
  const right = exactSvd(Z, 'the sketched gradient');
  const count = left.S.length;
  // u_iᵀ G v_i, as far as v_i lies in the basis, is positive in a pair
  const along = product(product(left.U, Y, { a: true }), product(basis.Omega, right.V, { a: true }));
  const signs = Array.from({ length: count }, (_, i) => (along.data[i * along.columns + i]! < 0 ? -1 : 1));
  return { U: left.U, S: left.S, V: scaleColumns(right.V, signs) };
}

/** ||G||² as the random sketch tells it: the mean of ||G omega||² and ||Gᵀ psi||² over the columns of Omega and Psi. */
export function sketchedEnergy({ Y, Z }: GradientSketch): number {
  return (energy(Y) + energy(Z)) / (Y.columns + Z.rows);
}

const inFloat32 = (M: Matrix): Matrix => matrix(M.rows, M.columns, M.data.map(Math.fround));
