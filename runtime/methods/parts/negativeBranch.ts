/**
 * @file Start values that aren't zero, and what takes them back: a frozen branch -s B0 A0 beside the untouched base, exported as
 * an adapter of twice the rank; or the base less s B0 A0 (LoRA-GA, PiSSA and OLoRA alike; arXiv:2407.05000, Algorithm 1).
 */
import { matrix, MatrixError } from './matrix.ts';
import type { Factors, Matrix } from './matrix.ts';
import { product } from './products.ts';

/** [B | -B0] [outputs, 2r] and [A ; A0] [2r, inputs]: what they add is s (B A - B0 A0), nothing before the first step. */
export function doubledFactors({ A, B }: Factors, start: Factors): Factors {
  const rank = A.rows;
  const beside = matrix(B.rows, 2 * rank);
  for (let i = 0; i < B.rows; i++)
    for (let k = 0; k < rank; k++) {
      beside.data[i * 2 * rank + k] = B.data[i * rank + k]!;
      beside.data[i * 2 * rank + rank + k] = -start.B.data[i * rank + k]!;
    }
  const below = matrix(2 * rank, A.columns);
  below.data.set(A.data);
  below.data.set(start.A.data, A.data.length);
  return { A: below, B: beside };
}

/** The alpha by which an adapter of rank 2r has the scale of one of rank r: 2 alpha, or sqrt(2) alpha rank-stabilised. */
export function doubledAlpha({
  alpha,
  rankStabilized,
}: {
  readonly alpha: number;
  readonly rankStabilized: boolean;
}): number {
  return alpha * (rankStabilized ? Math.SQRT2 : 2);
}

/**
 * W - s B0 A0, the base of the mutating mode, in double precision. B0 and A0 are as the adapter holds them (`roundedFactors`),
 * or what is subtracted isn't what it adds. Throws a MatrixError when the result isn't finite.
 */
export function withoutStart(W: Matrix, { A, B }: Factors, scale: number): Matrix {
  const start = product(B, A).data;
  const data = W.data.map((w, at) => w - scale * start[at]!);
  if (!data.every(Number.isFinite)) throw new MatrixError('the weight without its start values isn’t finite');
  return matrix(W.rows, W.columns, data);
}
