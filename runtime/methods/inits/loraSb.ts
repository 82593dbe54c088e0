/**
 * @file LoRA-SB (arXiv:2411.19557): frozen A and B from the singular vectors of an estimate of the first update of full
 * fine-tuning; R between them begins as that update's singular values and alone is trained.
 */
import { energy, largest, matrix, MatrixError, transpose } from '../parts/matrix.ts';
import type { Factors, Matrix } from '../parts/matrix.ts';
import { product } from '../parts/products.ts';
import { leadingSvd } from '../parts/randomisedSvd.ts';
import type { SketchOptions, SvdSources } from '../parts/randomisedSvd.ts';
import type { InnerStart } from './loraXs.ts';

export interface FirstUpdateOptions {
  readonly optimizer: 'adamw' | 'sgd';
  /** The learning rate of the first step, under warm-up: not the peak. Without it B R A would destroy the model at step 0. */
  readonly firstStepRate: number;
  /** Gradients in the sum: SGD's update follows their mean, AdamW's only the sign. */
  readonly count: number;
}

export interface LoraSbOptions {
  readonly rank: number;
  /** s in y = W x + s B R A x; the method wants 1 (alpha = r). */
  readonly scale: number;
  /** R from the update's singular values, or zero: then only the subspace is the update's, and the base's loss is as it was. */
  readonly initR: 'svd' | 'zero';
  /** How the singular vectors of a large update are found; `flatSpectrum(rank)` serves. */
  readonly svd: SketchOptions;
}

export interface LoraSbStart extends InnerStart {
  /** Share of the update's energy within B's and A's span, 0 to 1. */
  readonly captured: number;
}

/**
 * The first step of full fine-tuning (section 3.2), [outputs, inputs]: -lr sign(sum of the gradients) for AdamW, whose first step
 * is g / (|g| + eps), with sign(0) = 0; -lr mean for SGD. Throws a MatrixError for a gradient that isn't finite or is zero.
 */
export function firstUpdate(
  gradientSum: Matrix,
  { optimizer, firstStepRate, count }: FirstUpdateOptions,
): Matrix {
  if (largest(gradientSum, 'the gradient') === 0) throw new MatrixError('the gradient is zero everywhere');
  const step =
    optimizer === 'adamw'
      ? (g: number): number => -firstStepRate * Math.sign(g)
      : (g: number): number => (-firstStepRate * g) / count;
  return matrix(gradientSum.rows, gradientSum.columns, gradientSum.data.map(step));
}

/**
 * B = U_r, A = V_rᵀ and R = diag(S_r) / s of the update D [outputs, inputs]: s B R A is the best rank-r part of D, and since both
 * factors are orthonormal the plain gradient of R is the projection of the full one.
 * Throws a MatrixError when D isn't finite or has no r singular vectors.
 */
export async function loraSbStart(
  update: Matrix,
  { rank, scale, initR, svd }: LoraSbOptions,
  sources: SvdSources,
): Promise<LoraSbStart> {
  const { U, S, V } = await leadingSvd(update, rank, svd, sources, 'the first update');
  const R = matrix(rank, rank);
  if (initR === 'svd') for (let i = 0; i < rank; i++) R.data[i * rank + i] = S[i]! / scale;
  return {
    B: U,
    A: transpose(V),
    R,
    captured: S.reduce((sum, s) => sum + s * s, 0) / energy(update),
  };
}

/** ||Bᵀ g Aᵀ||² / ||g||²: how much of a gradient [outputs, inputs] orthonormal factors let R see; 1 is all of it. */
export function alignment({ A, B }: Factors, gradient: Matrix): number {
  return energy(product(product(B, gradient, { a: true }), A, { b: true })) / energy(gradient);
}

/** The same adapter as plain LoRA, factor s on both: A, and B R in place of B (section 3.4); alpha = s r. */
export function foldedInner({ A, B, R }: InnerStart): Factors {
  return { A, B: product(B, R) };
}
