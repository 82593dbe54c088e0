/**
 * @file A gradient's leading singular values from two thin products, so that the gradient itself is never formed: training
 * frozen sketches accumulates Y = G Omega and Z = Psiᵀ G (single-pass randomised SVD; Tropp, Yurtsever, Udell and Cevher,
 * arXiv:1609.00048).
 */
import { energy, largest, matrix, MatrixError } from './matrix.ts';
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

/** Columns of Omega, q = 4r, and of Psi, l = 8r, where the layer has room. */
export function sketchSize(
  rank: number,
  { inputs, outputs }: { readonly inputs: number; readonly outputs: number },
): { q: number; l: number } {
  return { q: Math.min(4 * rank, inputs, outputs), l: Math.min(8 * rank, outputs) };
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
  const { q, l } = sketchSize(rank, { inputs, outputs });
  return {
    Omega: inFloat32(gaussianMatrix(inputs, q, random)),
    Psi: inFloat32(gaussianMatrix(outputs, l, random)),
  };
}

/**
 * Singular values and vectors of the gradient that the sketch saw, as many as Omega has columns: G ~ Q C with Q = qr(Y) and C the
 * least-squares solution of (Psiᵀ Q) C = Z. Exact where G's rank is at most q, else the last of them are the least accurate.
 * Measured on SmolLM2's gradients over 16 rows of GSM8K, r = 8: 98 % of the energy that the best 2r left directions hold, 99 % of
 * the right ones'; a second pass with these directions would find 99.9 %, which isn't worth its time.
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

/** ||G||² as the random sketch tells it: the mean of ||G omega||² and ||Gᵀ psi||² over the columns of Omega and Psi. */
export function sketchedEnergy({ Y, Z }: GradientSketch): number {
  return (energy(Y) + energy(Z)) / (Y.columns + Z.rows);
}

const inFloat32 = (M: Matrix): Matrix => matrix(M.rows, M.columns, M.data.map(Math.fround));
