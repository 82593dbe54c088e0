/** @file OLoRA (arXiv:2406.01775): B begins with orthonormal columns of the weight's QR decomposition, A with the rows of R. */
import { firstColumns, largest, MatrixError } from '../parts/matrix.ts';
import type { Factors, Matrix } from '../parts/matrix.ts';
import { product } from '../parts/products.ts';
import { qr } from '../parts/qr.ts';

/**
 * B0 = Q[:, :r] and A0 = R[:r, :] of W [outputs, inputs] = Q R. As in PEFT neither is divided by the scale s: what the base lacks
 * is s B0 A0, with s = 1 all of W's first r columns.
 * Throws a MatrixError when W isn't finite or r is above its smaller side.
 */
export function oloraStart(W: Matrix, rank: number): Factors {
  largest(W, 'the weight');
  if (rank > Math.min(W.rows, W.columns))
    throw new MatrixError(`rank ${rank} is above the smaller side of a weight of ${W.rows} x ${W.columns}`);
  // Q's first r columns follow from W's, and the rows of R that belong to them are Q_rᵀ W: no need for the other reflections
  const B = qr(firstColumns(W, rank)).Q;
  return { B, A: product(B, W, { a: true }) };
}
