/**
 * @file LoRA-GA (arXiv:2407.05000): A and B begin as singular vectors of the gradient, so that the first step moves the weight
 * along the gradient's best rank-2r part; the base lacks, or a frozen branch takes back, what they add at first.
 */
import {
  energy,
  largest,
  MatrixError,
  pickColumns,
  scaleColumns,
  scaled,
  transpose,
} from '../parts/matrix.ts';
import type { Factors, Matrix } from '../parts/matrix.ts';
import { leadingSvd, truncated } from '../parts/randomisedSvd.ts';
import type { SvdSources } from '../parts/randomisedSvd.ts';
import type { Svd } from '../parts/svd.ts';

/** Which of the first 2r singular vectors each factor takes (section 2.3): A right ones, B left ones. */
export type LoraGaDirection = 'ArB2r' | 'A2rBr' | 'ArBr' | 'random';

/**
 * How long the vectors are (section 2.3): `stable` outputs^(1/4) / sqrt(gamma), `unit` 1, `gd` 1 / s (the first step is that of
 * full fine-tuning at the same rate), `weightS` the mean of sqrt(S_W / s) over the weight's r leading singular values.
 */
export type LoraGaScale = 'stable' | 'unit' | 'gd' | 'weightS';

export interface LoraGaOptions {
  readonly rank: number;
  /** s, the factor on B A: alpha / sqrt(r) in the paper. */
  readonly scale: number;
  readonly direction: LoraGaDirection;
  readonly factor: LoraGaScale;
  /** Divides what the adapter adds at first; larger is gentler. */
  readonly gamma: number;
  /** Shrinks both factors until no number of s B0 A0 is larger than the weight's largest. */
  readonly normClip: boolean;
  /**
   * `peft` is what PEFT 0.19 and later do instead of the paper: B times the gradient's singular values, the stable factor on B
   * alone, one set of indices for both in `random`; kept for comparison (section 2.9).
   */
  readonly variant: 'paper' | 'peft';
}

export interface LoraGaStart extends Factors {
  /**
   * zeta, by which the first SGD step is longer than that of full fine-tuning: (s c)² for factors of length c. Undefined for
   * PEFT's variant, whose step isn't along the gradient.
   */
  readonly gain: number | undefined;
  /** Share of the gradient's energy in its first 2r singular values: what the first step can follow, 0 to 1. */
  readonly captured: number;
}

/** What is known of a gradient that was decomposed already, from a sketch of it say: 2r singular values or more, and Σ G². */
export interface KnownGradient {
  readonly svd: Svd;
  readonly energy: number;
}

/**
 * Start values from a gradient G [outputs, inputs]. The weight is read by `weightS` and `normClip` alone.
 * Throws a MatrixError when 2r is above the layer's smaller side, or when G or the weight isn't finite or is zero.
 */
export async function loraGaFromGradient(
  G: Matrix,
  weight: Matrix,
  options: LoraGaOptions,
  sources: SvdSources,
): Promise<LoraGaStart> {
  checkRank(options.rank, G);
  if (largest(G, 'the gradient') === 0) throw new MatrixError('the gradient is zero everywhere');
  const sketch = { sketch: 4 * options.rank, powerIterations: 4 };
  const svd = await leadingSvd(G, 2 * options.rank, sketch, sources, 'the gradient');
  return loraGaFromSvd({ svd, energy: energy(G) }, weight, options, sources);
}

/** Each factor needs r singular vectors that the other doesn't take. */
function checkRank(rank: number, { rows, columns }: Matrix): void {
  if (2 * rank > Math.min(rows, columns))
    throw new MatrixError(
      `LoRA-GA needs twice the rank (2 x ${rank}) within the smaller side of the layer (${rows} x ${columns})`,
    );
}

/**
 * Start values from a gradient of which only the decomposition is known (`svdOfSketch`, `sketchedEnergy`); with an
 * estimated energy `captured` is an estimate too. Throws as `loraGaFromGradient`.
 */
export async function loraGaFromSvd(
  gradient: KnownGradient,
  weight: Matrix,
  options: LoraGaOptions,
  sources: SvdSources,
): Promise<LoraGaStart> {
  checkRank(options.rank, weight);
  const { U, S, V } = truncated(gradient.svd, 2 * options.rank);
  const { a, b } = loraGaIndices(options, sources.random);
  const length = await factorLength(weight, options, sources, S[b[0]!]!);
  const strengths = b.map((i) => length.B * (options.variant === 'peft' ? S[i]! : 1));
  const start = {
    A: scaled(transpose(pickColumns(V, a)), length.A),
    B: scaleColumns(pickColumns(U, b), strengths),
  };
  const clip = options.normClip ? await clipFactor(start, weight, options.scale, sources) : 1;
  const { A, B } = clip === 1 ? start : { A: scaled(start.A, clip), B: scaled(start.B, clip) };
  return {
    A,
    B,
    gain: options.variant === 'paper' ? (options.scale * length.A * clip) ** 2 : undefined,
    // an estimated energy may be below the sum
    captured: Math.min(1, S.reduce((sum, s) => sum + s * s, 0) / gradient.energy),
  };
}

/** Which singular vectors, counted from 0, A and B take. */
export function loraGaIndices(
  { rank, direction, variant }: Pick<LoraGaOptions, 'rank' | 'direction' | 'variant'>,
  random: () => number,
): { readonly a: readonly number[]; readonly b: readonly number[] } {
  const each = Array.from({ length: rank }, (_, k) => k);
  switch (direction) {
    case 'ArB2r':
      return { a: each, b: each.map((k) => rank + k) };
    case 'A2rBr':
      return { a: each.map((k) => rank + k), b: each };
    case 'ArBr':
      return { a: each.map((k) => 2 * k + 1), b: each.map((k) => 2 * k) };
    case 'random': {
      const order = Array.from({ length: 2 * rank }, (_, k) => k);
      for (let i = order.length - 1; i > 0; i--) {
        const j = Math.floor(random() * (i + 1));
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      const a = order.slice(0, rank);
      return { a, b: variant === 'peft' ? a : order.slice(rank) };
    }
  }
}

/** c of A and of B. `strongest` is the gradient's singular value of B's first column, which PEFT's `weightS` divides by. */
async function factorLength(
  weight: Matrix,
  { rank, scale, factor, gamma, variant }: LoraGaOptions,
  sources: SvdSources,
  strongest: number,
): Promise<{ readonly A: number; readonly B: number }> {
  const peft = variant === 'peft';
  switch (factor) {
    case 'unit':
      return { A: 1, B: 1 };
    case 'gd':
      return { A: 1 / scale, B: 1 / scale };
    case 'stable': {
      const c = weight.rows ** 0.25 / Math.sqrt(gamma);
      return { A: peft ? 1 : c, B: c };
    }
    case 'weightS': {
      const sketch = { sketch: 4 * rank, powerIterations: 4 };
      const { S } = await leadingSvd(weight, rank, sketch, sources, 'the weight');
      if (S[0] === 0) throw new MatrixError('the weight is zero everywhere and gives the factors no length');
      if (peft) return { A: 1, B: strongest > 0 ? S[0]! / strongest : 1 };
      const c = S.reduce((sum, s) => sum + Math.sqrt(s / scale), 0) / rank;
      return { A: c, B: c };
    }
  }
}

/** sqrt(rho) with rho = max |W| / max |s B0 A0| where that is below 1. */
async function clipFactor(
  { A, B }: Factors,
  weight: Matrix,
  scale: number,
  { multiply }: SvdSources,
): Promise<number> {
  const most = largest(weight, 'the weight');
  if (most === 0)
    throw new MatrixError('the weight is zero everywhere and would clip the factors to nothing');
  const offset = scale * largest(await multiply(B, A), 'what the factors add');
  return Math.min(1, Math.sqrt(most / offset));
}
