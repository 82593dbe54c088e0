/** @file Tensors of an adapter as matrices of double precision, and back in the precision of its file. */
import type { StoredTensor } from '../method.ts';
import { matrix } from './matrix.ts';
import type { Matrix } from './matrix.ts';

/** [rows, columns]; a vector is a column. */
export function matrixOf({ shape, data }: StoredTensor): Matrix {
  return matrix(shape[0]!, shape[1] ?? 1, Float64Array.from(data));
}

export function tensorOf({ rows, columns, data }: Matrix): StoredTensor {
  return { shape: [rows, columns], data: Float32Array.from(data) };
}
