/** @file Columns of steps as text, for the channel between the helper process and its window. */
import type { CodedParts, ColumnArray, FlatParts } from '../contract/steps.ts';

/** Bytes in this machine's order: both processes run on it. */
export function codedParts({ parts, columns }: FlatParts): CodedParts {
  return {
    parts,
    columns: columns.map((column) => ({
      array: column.constructor.name as ColumnArray,
      base64: Buffer.from(column.buffer, column.byteOffset, column.byteLength).toString('base64'),
    })),
  };
}
