/** @file PiSSA (arXiv:2404.02948): A and B begin as the principal part of the weight, which the base then lacks. */
import { largest, MatrixError, scaleColumns, transpose } from '../parts/matrix.ts';
import type { Factors, Matrix } from '../parts/matrix.ts';
import { flatSpectrum, leadingSvd } from '../parts/randomisedSvd.ts';
import type { SvdSources } from '../parts/randomisedSvd.ts';

export interface PissaOptions {
  readonly rank: number;
  /** The factor on B A, which the start values undo. */
  readonly scale: number;
}

/**
 * B0 = U_r sqrt(S_r / s) and A0 = sqrt(S_r / s) V_rᵀ of W [outputs, inputs]: s B0 A0 is the best rank-r part of W.
 * Throws a MatrixError when W isn't finite, is zero everywhere or has no r singular vectors.
 */
export async function pissaStart(
  W: Matrix,
  { rank, scale }: PissaOptions,
  sources: SvdSources,
): Promise<Factors> {
  if (largest(W, 'the weight') === 0)
    throw new MatrixError('the weight is zero everywhere and has no principal part to start from');
  const { U, S, V } = await leadingSvd(W, rank, flatSpectrum(rank), sources, 'the weight');
  const roots = S.map((s) => Math.sqrt(s / scale));
  return { B: scaleColumns(U, roots), A: transpose(scaleColumns(V, roots)) };
}
