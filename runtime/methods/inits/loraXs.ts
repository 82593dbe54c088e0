/** @file LoRA-XS (arXiv:2405.17604): frozen A and B from the weight's singular vectors, and a small R between them to train. */
import { largest, matrix, MatrixError, scaleColumns, transpose } from '../parts/matrix.ts';
import type { Factors, Matrix } from '../parts/matrix.ts';
import { flatSpectrum, gaussianMatrix, leadingSvd } from '../parts/randomisedSvd.ts';
import type { SvdSources } from '../parts/randomisedSvd.ts';

/** What an adapter y = W x + s B R A x begins with: B [outputs, r] and A [r, inputs] stay as they are, R [r, r] is trained. */
export interface InnerStart extends Factors {
  readonly R: Matrix;
}

/** Standard deviation of R's start values: small enough that the base's loss is as it was, and no symmetry holds R back. */
const DEVIATION = 1e-5;

/**
 * A = S_r V_rᵀ, B = U_r of W [outputs, inputs], R of N(0, 1e-5²). The singular values lie on the inputs' side as in the paper,
 * whose formula x A R B has row vectors (A = U_r S_r of the weight stored [inputs, outputs]), and in its code.
 * Throws a MatrixError when W isn't finite, is zero everywhere or has no r singular vectors.
 */
export async function loraXsStart(W: Matrix, rank: number, sources: SvdSources): Promise<InnerStart> {
  if (largest(W, 'the weight') === 0)
    throw new MatrixError('the weight is zero everywhere: no direction is left to train');
  const { U, S, V } = await leadingSvd(W, rank, flatSpectrum(rank), sources, 'the weight');
  const { data } = gaussianMatrix(rank, rank, sources.random);
  return {
    B: U,
    A: transpose(scaleColumns(V, S)),
    R: matrix(
      rank,
      rank,
      data.map((x) => DEVIATION * x),
    ),
  };
}
