/** @file `data.exclude`: whether its entries are rows, and rows that the file has. */
import { statSync } from 'node:fs';
import { extname } from 'node:path';
import { rowRange } from '../contract/rowNumbers.ts';
import { ByteFile } from '../formats/byteFile.ts';
import type { Merged } from './conflicts.ts';
import { originOf } from './located.ts';
import { fix } from './finding.ts';
import type { Report } from './finding.ts';

/** Counting the lines of a larger file would take longer than a check may. */
const largestCounted = 64 * 1024 * 1024;

export function reportExcluded({ config, root }: Merged, report: Report): void {
  const { train, exclude = [] } = config.data;
  const ranges = exclude.map((entry, i) => {
    const range = rowRange(entry);
    if (range === undefined)
      report({
        severity: 'error',
        code: 'exclude-malformed',
        message: `${JSON.stringify(entry)} is no row and no range of rows.`,
        hint: 'Write 12 for one row, or "12-20" for all from 12 to 20. Rows count from 1.',
        at: originOf(root, ['data', 'exclude', i]),
        fixes: [fix('Remove it', { kind: 'remove', at: originOf(root, ['data', 'exclude', i]) })],
      });
    return range;
  });
  if (ranges.length === 0 || typeof train !== 'string') return;
  const lines = lineCount(train);
  if (lines === undefined) return;
  for (const [i, range] of ranges.entries())
    if (range !== undefined && range[1] > lines)
      report({
        severity: 'warning',
        code: 'exclude-beyond',
        message: `Row ${range[1]} is beyond the end of the training file, which has ${lines} lines.`,
        hint: 'Was the file changed since? Exclude the row by its line as it is now.',
        at: originOf(root, ['data', 'exclude', i]),
        fixes: [fix('Remove it', { kind: 'remove', at: originOf(root, ['data', 'exclude', i]) })],
      });
}

/** The file that was counted last: every view of a config, at every pause in typing, asks for the same. */
let counted: { readonly stamp: string; readonly lines: number } | undefined;

/** Undefined where it isn't known quickly: no file, a large one, one without lines. */
function lineCount(path: string): number | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() !== true || stats.size > largestCounted) return undefined;
  if (extname(path).toLowerCase() === '.parquet') return undefined;
  const stamp = `${path} ${stats.size} ${stats.mtimeMs}`;
  if (counted?.stamp !== stamp) counted = { stamp, lines: countLines(path) };
  return counted.lines;
}

function countLines(path: string): number {
  const file = new ByteFile(path);
  try {
    const bytes = Buffer.from(file.read(new Uint8Array(file.size), 0).buffer);
    let lines = 0;
    for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines += 1;
    return bytes.length > 0 && bytes.at(-1) !== 0x0a ? lines + 1 : lines;
  } finally {
    file.close();
  }
}
