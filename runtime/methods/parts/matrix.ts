/** @file Matrices in double precision, and the little that is asked of them before a training begins. */

/** Row-major: element (i, j) is data[i * columns + j]. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** A pair that adds B A to a weight: B [outputs, rank], A [rank, inputs]. */
export interface Factors {
  readonly B: Matrix;
  readonly A: Matrix;
}

/**
 * A matrix can't be worked with: a number that isn't finite, nothing but zeros, a rank above its size. The message says which
 * matrix and why; the caller knows the layer and makes it a `UserError`.
 */
export class MatrixError extends Error {
  override name = 'MatrixError';
}

/** A matrix over `data`, zeros where none is given. Throws an Error when the numbers don't fill it. */
export function matrix(
  rows: number,
  columns: number,
  data: Float64Array = new Float64Array(rows * columns),
): Matrix {
  if (data.length !== rows * columns)
    throw new Error(`${data.length} numbers don't make a matrix of ${rows} x ${columns}`);
  return { rows, columns, data };
}

export function identity(size: number): Matrix {
  const I = matrix(size, size);
  for (let i = 0; i < size; i++) I.data[i * size + i] = 1;
  return I;
}

export function transpose({ rows, columns, data }: Matrix): Matrix {
  const turned = new Float64Array(data.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j]!;
  return matrix(columns, rows, turned);
}

/**
 * A layer's numbers as W [outputs, inputs], or its gradient's: layers that are stored transposed (GPT-2's Conv1D,
 * [inputs, outputs]) are turned, so that every formula has m = outputs.
 */
export function weightMatrix(
  stored: ArrayLike<number>,
  { inputs, outputs }: { readonly inputs: number; readonly outputs: number },
  transposed: boolean,
): Matrix {
  const data = Float64Array.from(stored);
  return transposed ? transpose(matrix(inputs, outputs, data)) : matrix(outputs, inputs, data);
}

/** W [outputs, inputs] in the order that its layer stores: the way back from `weightMatrix`. */
export function storedOrder(W: Matrix, transposed: boolean): Float64Array {
  return transposed ? transpose(W).data : W.data;
}

/** The columns at `indices`, in that order. */
export function pickColumns({ rows, columns, data }: Matrix, indices: readonly number[]): Matrix {
  const picked = matrix(rows, indices.length);
  for (let i = 0; i < rows; i++)
    for (const [to, from] of indices.entries())
      picked.data[i * indices.length + to] = data[i * columns + from]!;
  return picked;
}

export function firstColumns(M: Matrix, count: number): Matrix {
  return pickColumns(
    M,
    Array.from({ length: count }, (_, j) => j),
  );
}

/** M diag(factors). */
export function scaleColumns({ rows, columns, data }: Matrix, factors: ArrayLike<number>): Matrix {
  return matrix(
    rows,
    columns,
    data.map((x, at) => x * factors[at % columns]!),
  );
}

/** k M. */
export function scaled({ rows, columns, data }: Matrix, k: number): Matrix {
  return matrix(
    rows,
    columns,
    data.map((x) => k * x),
  );
}

/** Σ M², the energy; its root is the Frobenius norm. */
export function energy({ data }: Matrix): number {
  let sum = 0;
  for (const x of data) sum += x * x;
  return sum;
}

/** max |M|. Throws a MatrixError naming `what` where a number isn't finite. */
export function largest({ data, columns }: Matrix, what: string): number {
  let most = 0;
  for (let at = 0; at < data.length; at++) {
    const size = Math.abs(data[at]!);
    if (!(size < Infinity))
      throw new MatrixError(
        `${what} holds ${data[at]!} at row ${Math.floor(at / columns)}, column ${at % columns}`,
      );
    if (size > most) most = size;
  }
  return most;
}

/** Each number to the nearest float32, which is what a tensor of the adapter will hold. */
export function roundedFactors({ A, B }: Factors): Factors {
  const rounded = (M: Matrix): Matrix => matrix(M.rows, M.columns, M.data.map(Math.fround));
  return { A: rounded(A), B: rounded(B) };
}
