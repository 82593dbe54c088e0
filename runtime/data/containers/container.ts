/** @file What every kind of data file offers: its rows in order, in batches, each with the place it stands at. */
import { UserError } from '../../contract/errors.ts';
import type { Place } from '../../contract/errors.ts';

export interface RawRow {
  /** Line of the file, or number of the row in a file without lines; counts from 1. */
  readonly line: number;
  readonly value: unknown;
  /** Set where this row can't be read but the ones after it can. */
  readonly error?: UserError;
}

/** Something about the file as a whole that is worth a word. */
export interface FileNote {
  readonly code: 'byte-order-mark' | 'carriage-returns';
  readonly line: number;
}

/** Rows in file order. A batch is some hundred rows or less; nothing of it is kept here. */
export interface Container {
  /** What `line` counts. */
  readonly unit: 'line' | 'row';
  rows(): AsyncGenerator<readonly RawRow[], void, undefined>;
  readonly notes: readonly FileNote[];
  /** Bytes read so far, for a progress bar. */
  readonly position: number;
  readonly size: number;
}

/** A row's text may be this long; longer ones are no row but a file without line breaks. */
export const largestRow = 64 * 1024 * 1024;
export const rowsPerBatch = 256;
export const chunkSize = 1 << 20;

export function placeOf(file: string, unit: 'line' | 'row', line: number): Place {
  return unit === 'line' ? { file, line } : { file, what: `row ${line}` };
}

export function rowTooLarge(file: string, line: number): UserError {
  return new UserError('row-too-large', `is longer than ${largestRow} bytes.`, {
    place: { file, line },
    hint: 'Is this the right file, with one row a line?',
  });
}

export function invalidUtf8(file: string, line: number): UserError {
  return new UserError('invalid-utf8', 'is not valid UTF-8.', {
    place: { file, line },
    hint: 'Save the file as UTF-8.',
  });
}
