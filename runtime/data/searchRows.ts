/** @file Looks for a text in the rows of a file, whatever its case, and tells of rows as they are found. */
import type { RowFile } from './rowFile.ts';

export interface SearchOptions {
  readonly text: string;
  readonly found: (rows: readonly number[], done: number) => void;
  /** Rows after which the search ends. */
  readonly most: number;
  readonly signal: AbortSignal;
}

/** How a row writes the text if it is JSON: quotes, line breaks and backslashes as escapes. */
export function asWritten(text: string): string {
  return JSON.stringify(text).slice(1, -1).toLowerCase();
}

/** Rows found, and whether the search ended before the file did. */
export async function searchRows(
  file: RowFile,
  { text, found, most, signal }: SearchOptions,
): Promise<{ found: number; more: boolean }> {
  const wanted = asWritten(text);
  let count = 0;
  let done = 0;
  for await (const batch of file.stream()) {
    signal.throwIfAborted();
    const rows: number[] = [];
    for (const row of batch) {
      done += row.bytes + 1;
      if (row.text.toLowerCase().includes(wanted)) rows.push(row.row);
    }
    const kept = rows.slice(0, most - count);
    count += kept.length;
    found(kept, Math.min(done, file.size));
    if (count === most) return { found: count, more: true };
  }
  return { found: count, more: false };
}
