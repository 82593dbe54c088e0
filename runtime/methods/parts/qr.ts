/**
 * @file Orthonormal bases and least squares by Householder's reflections.
 * Ours, since measured against ml-matrix 6.15 (same accuracy, residual 1e-15, orthogonality 1e-14) it takes a fifth to a half of
 * the time: 15 ms for 51 at 1536 x 64, 3 for 17 at 1536 x 32, 33 for 58 at 576 x 128; a randomised SVD of each of a model's 210
 * layers needs a handful. Columns lie side by side in memory here, which is what makes the difference.
 */
import { matrix, MatrixError, transpose } from './matrix.ts';
import type { Matrix } from './matrix.ts';
import { product } from './products.ts';

/** Σ x[i] y[i] over `count` numbers; four sums, so that one addition needn't wait for the one before. */
export function dot(x: Float64Array, atX: number, y: Float64Array, atY: number, count: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < count; i += 4) {
    s0 += x[atX + i]! * y[atY + i]!;
    s1 += x[atX + i + 1]! * y[atY + i + 1]!;
    s2 += x[atX + i + 2]! * y[atY + i + 2]!;
    s3 += x[atX + i + 3]! * y[atY + i + 3]!;
  }
  for (; i < count; i++) s0 += x[atX + i]! * y[atY + i]!;
  return s0 + s1 + s2 + s3;
}

/** y -= factor x over `count` numbers. */
function subtract(
  y: Float64Array,
  atY: number,
  factor: number,
  x: Float64Array,
  atX: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) y[atY + i]! -= factor * x[atX + i]!;
}

/**
 * M [m, n] = Q R with k = min(m, n): Q [m, k] has orthonormal columns whatever M's rank, R [k, n] is upper triangular with a
 * diagonal >= 0, which makes both unique where M has full rank. M is finite.
 */
export function qr(M: Matrix): { readonly Q: Matrix; readonly R: Matrix } {
  const { rows: m, columns: n } = M;
  const k = Math.min(m, n);
  const columns = transpose(M).data;
  const R = matrix(k, n);
  /** H_j = I - tau_j v_j v_jᵀ, v_j in what column j leaves free below its diagonal. */
  const tau = new Float64Array(k);
  for (let j = 0; j < k; j++) {
    tau[j] = reflect(columns, j * m + j, m - j);
    const v = j * m + j;
    const diagonal = columns[v]!;
    columns[v] = 1;
    for (let next = j + 1; next < n && tau[j]! > 0; next++) {
      const to = next * m + j;
      subtract(columns, to, tau[j]! * dot(columns, v, columns, to, m - j), columns, v, m - j);
    }
    R.data[j * n + j] = diagonal;
    for (let next = j + 1; next < n; next++) R.data[j * n + next] = columns[next * m + j]!;
  }
  // Q = H_1 ... H_k I
  const Q = new Float64Array(k * m);
  for (let column = 0; column < k; column++) {
    Q[column * m + column] = 1;
    for (let j = column; j >= 0; j--) {
      const [to, v] = [column * m + j, j * m + j];
      subtract(Q, to, tau[j]! * dot(columns, v, Q, to, m - j), columns, v, m - j);
    }
  }
  return positiveDiagonal(matrix(k, m, Q), R);
}

/** Below this a number has too few bits left to point a reflection: a column of such numbers counts as zeros. */
const TINY = 2 ** -900;

/** Turns a column into R's entry and the reflection's v (v_0 = 1 understood), and returns its tau; 0 for a column of zeros. */
function reflect(columns: Float64Array, at: number, count: number): number {
  let most = 0;
  for (let i = at; i < at + count; i++) most = Math.max(most, Math.abs(columns[i]!));
  if (most < TINY) return 0;
  // scaled by its largest number, so that no square under- or overflows
  let sum = 0;
  for (let i = at; i < at + count; i++) sum += (columns[i]! / most) ** 2;
  const norm = most * Math.sqrt(sum);
  const first = columns[at]!;
  const entry = first > 0 ? -norm : norm; // the sign that doesn't cancel
  const v0 = first - entry;
  for (let i = at + 1; i < at + count; i++) columns[i]! /= v0;
  columns[at] = entry;
  return -v0 / entry;
}

/** Flips q_j together with row j of R. `rows` holds Q's columns as rows. */
function positiveDiagonal(rows: Matrix, R: Matrix): { Q: Matrix; R: Matrix } {
  for (let j = 0; j < R.rows; j++) {
    if (R.data[j * R.columns + j]! >= 0) continue;
    for (let i = 0; i < rows.columns; i++) rows.data[j * rows.columns + i]! *= -1;
    for (let i = j; i < R.columns; i++) R.data[j * R.columns + i]! *= -1;
  }
  return { Q: transpose(rows), R };
}

/**
 * X that minimises ||A X - B||: A [l, q] with l >= q, B [l, n], X [q, n]. Throws a MatrixError where A's columns depend on each
 * other.
 */
export function leastSquares(A: Matrix, B: Matrix): Matrix {
  const { Q, R } = qr(A);
  const X = product(Q, B, { a: true });
  const n = X.columns;
  const diagonal = Array.from({ length: R.rows }, (_, i) => R.data[i * R.columns + i]!);
  const least = Number.EPSILON * A.rows * Math.max(...diagonal);
  if (A.rows < A.columns || diagonal.some((x) => x <= least))
    throw new MatrixError(`the ${A.columns} columns of a least-squares problem depend on each other`);
  // R X = Qᵀ B from the last row up
  for (let i = R.rows - 1; i >= 0; i--) {
    for (let k = i + 1; k < R.rows; k++)
      subtract(X.data, i * n, R.data[i * R.columns + k]!, X.data, k * n, n);
    for (let j = 0; j < n; j++) X.data[i * n + j]! /= diagonal[i]!;
  }
  return X;
}
