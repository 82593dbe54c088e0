/**
 * @file SparseGPT (arXiv:2301.00774) for one linear in double precision: which weights go, and how the others make up for it.
 * Removing w_i costs w_i^2 / U_ii^2 and adds -(w_i / U_ii) U_i to the weights after it, where (X^T X + damping)^-1 = U^T U.
 */
import { UserError } from '../../contract/errors.ts';
import { floorShare } from './counts.ts';

/** Four of every eight consecutive inputs of an output go (LoRAM-Semi), or a share of all weights (LoRAM-Unst). */
export type SparsePattern =
  { readonly kind: 'semi' } | { readonly kind: 'unstructured'; readonly ratio: number };

const REMOVED = 4;
const GROUP = 8;
/** Share of the mean of the Hessian's diagonal that is added to the diagonal. */
const DAMPING = 0.01;
/** Inputs whose errors are spread at once, whole groups; masks of the unstructured kind are chosen within one. */
const BLOCK = 128;

interface Linear {
  readonly outputs: number;
  readonly inputs: number;
}

/** U, upper triangular with positive diagonal, such that H^-1 = U^T U; H is symmetric and positive definite, [n, n]. */
function inverseFactor(H: Float64Array, n: number, path: string): Float64Array {
  // H = R R^T with R upper triangular (Cholesky from the last column on), so that U = R^-1
  const R = new Float64Array(n * n);
  for (let j = n - 1; j >= 0; j--)
    for (let i = j; i >= 0; i--) {
      let sum = H[i * n + j]!;
      for (let k = j + 1; k < n; k++) sum -= R[i * n + k]! * R[j * n + k]!;
      if (i === j && !(sum > 0)) throw badCalibration(path);
      R[i * n + j] = i === j ? Math.sqrt(sum) : sum / R[j * n + j]!;
    }
  const U = new Float64Array(n * n);
  for (let i = n - 1; i >= 0; i--) {
    const row = U.subarray(i * n, (i + 1) * n);
    for (let k = i + 1; k < n; k++) {
      const factor = R[i * n + k]!;
      for (let j = k; j < n; j++) row[j]! -= factor * U[k * n + j]!;
    }
    for (let j = i + 1; j < n; j++) row[j]! /= R[i * n + i]!;
    row[i] = 1 / R[i * n + i]!;
  }
  return U;
}

function badCalibration(path: string): UserError {
  return new UserError('prune-calibration', 'its inputs on the calibration rows are zero or no numbers.', {
    place: { what: path },
    hint: 'Give other rows, or ask for the choice by magnitude alone.',
  });
}

/** Dead inputs (zero on all rows) get weight 0 and a diagonal of 1, so that the others are as if they weren't there. */
function damped(hessian: Float64Array, n: number, path: string): { H: Float64Array; dead: Uint8Array } {
  const H = hessian.slice();
  const dead = new Uint8Array(n);
  let trace = 0;
  for (let i = 0; i < n; i++) {
    trace += H[i * n + i]!;
    if (H[i * n + i] === 0) [dead[i], H[i * n + i]] = [1, 1];
  }
  if (!(trace > 0) || !Number.isFinite(trace)) throw badCalibration(path);
  // as the reference: the mean is taken with the ones in place
  const mean = (trace + dead.reduce((sum, one) => sum + one, 0)) / n;
  for (let i = 0; i < n; i++) H[i * n + i]! += DAMPING * mean;
  return { H, dead };
}

/** Marks the `count` lowest scores, of equal ones the first. */
function markLowest(scores: Float64Array, count: number, mark: (index: number) => void): void {
  if (count === 0) return;
  const threshold = scores.slice().sort()[count - 1]!;
  let atThreshold = count - scores.reduce((n, score) => n + (score < threshold ? 1 : 0), 0);
  for (let i = 0; i < scores.length; i++) {
    if (scores[i]! < threshold) mark(i);
    else if (scores[i] === threshold && atThreshold-- > 0) mark(i);
  }
}

/** What is removed in columns start .. end of all rows; semi-structured groups choose later, when their row's weights are up to date. */
function chooseBlock(
  W: Float64Array,
  U: Float64Array,
  { outputs, inputs }: Linear,
  [start, end]: readonly [number, number],
  ratio: number,
  gone: Uint8Array,
): void {
  const width = end - start;
  const scores = new Float64Array(outputs * width);
  for (let o = 0; o < outputs; o++)
    for (let i = start; i < end; i++)
      scores[o * width + i - start] = (W[o * inputs + i]! / U[i * inputs + i]!) ** 2;
  // shares are taken of all columns so far, so that roundings don't add up
  const count = floorShare(outputs * end, ratio) - floorShare(outputs * start, ratio);
  markLowest(scores, count, (at) => {
    gone[Math.floor(at / width) * inputs + start + (at % width)] = 1;
  });
}

/** Removes the marked weights of one row's block one after another; each error goes to the row's later weights. */
function spreadErrors(
  row: Float64Array,
  gone: Uint8Array,
  U: Float64Array,
  [start, end]: readonly [number, number],
  pattern: SparsePattern,
): void {
  const n = row.length;
  const errors = new Float64Array(end - start);
  for (let i = start; i < end; i++) {
    if (pattern.kind === 'semi' && i % GROUP === 0) {
      const scores = Float64Array.from({ length: GROUP }, (_, k) => {
        return (row[i + k]! / U[(i + k) * n + i + k]!) ** 2;
      });
      markLowest(scores, REMOVED, (k) => (gone[i + k] = 1));
    }
    if (gone[i] === 0) continue;
    const error = row[i]! / U[i * n + i]!;
    errors[i - start] = error;
    for (let j = i; j < end; j++) row[j]! -= error * U[i * n + j]!;
    row[i] = 0;
  }
  for (let i = start; i < end; i++) {
    const error = errors[i - start]!;
    if (error !== 0) for (let j = end; j < n; j++) row[j]! -= error * U[i * n + j]!;
  }
}

export interface Sparse {
  /** Compensated weights, removed ones zero, [outputs, inputs]. */
  readonly weight: Float32Array;
  /** 1 where a weight went. */
  readonly gone: Uint8Array;
}

/**
 * Prunes `weight` [outputs, inputs] (not transposed) given its inputs' second moments X^T X [inputs, inputs], any positive factor
 * of it. Throws `prune-calibration` where these are zero, and `prune-pattern` where groups don't fit.
 */
export function sparseGpt(
  weight: Float32Array,
  hessian: Float64Array,
  linear: Linear & { readonly path: string },
  pattern: SparsePattern,
): Sparse {
  requirePattern(linear, pattern.kind);
  const { inputs: n, path } = linear;
  const { H, dead } = damped(hessian, n, path);
  return remove(weight, inverseFactor(H, n, path), dead, linear, pattern);
}

/** The same pattern by |w| alone, nothing compensated: for those who ask for it, when there are no calibration rows. */
export function pruneByMagnitude(
  weight: Float32Array,
  linear: Linear & { readonly path: string },
  pattern: SparsePattern,
): Sparse {
  requirePattern(linear, pattern.kind);
  const { inputs: n } = linear;
  const identity = new Float64Array(n * n);
  for (let i = 0; i < n; i++) identity[i * n + i] = 1;
  return remove(weight, identity, new Uint8Array(n), linear, pattern);
}

/** Throws `prune-pattern` where groups don't fit. */
export function requirePattern(
  { inputs, path }: { readonly inputs: number; readonly path: string },
  kind: SparsePattern['kind'],
): void {
  if (kind === 'unstructured' || inputs % GROUP === 0) return;
  throw new UserError('prune-pattern', `has ${inputs} inputs, which is no multiple of ${GROUP}.`, {
    place: { what: path },
    hint: 'Use the unstructured kind.',
  });
}

function remove(
  weight: Float32Array,
  U: Float64Array,
  dead: Uint8Array,
  { outputs, inputs }: Linear,
  pattern: SparsePattern,
): Sparse {
  const W = Float64Array.from(weight, (w, at) => (dead[at % inputs] === 1 ? 0 : w));
  const gone = new Uint8Array(W.length);
  for (let start = 0; start < inputs; start += BLOCK) {
    const block = [start, Math.min(inputs, start + BLOCK)] as const;
    if (pattern.kind === 'unstructured') chooseBlock(W, U, { outputs, inputs }, block, pattern.ratio, gone);
    for (let o = 0; o < outputs; o++) {
      const [from, to] = [o * inputs, (o + 1) * inputs];
      spreadErrors(W.subarray(from, to), gone.subarray(from, to), U, block, pattern);
    }
  }
  return { weight: Float32Array.from(W), gone };
}
