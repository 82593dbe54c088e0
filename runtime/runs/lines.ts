/** @file Reads a file of lines from its beginning in pieces; a last line without its end is a line that was never finished. */
import { closeSync, openSync, readSync } from 'node:fs';

const chunkBytes = 1 << 18;
/** A longer line is none of ours: it is skipped instead of held in memory. In bytes. */
const longestLine = 1 << 24;
const newline = 0x0a;

/** Whole lines without their ends; nothing where the file can't be opened. */
export function* readLines(path: string): Generator<string> {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return;
  }
  try {
    const chunk = Buffer.alloc(chunkBytes);
    let held: Buffer[] = [];
    let length = 0;
    for (let count = readSync(descriptor, chunk); count > 0; count = readSync(descriptor, chunk)) {
      let begin = 0;
      for (let end = chunk.indexOf(newline); end >= 0 && end < count; end = chunk.indexOf(newline, begin)) {
        if (length + end - begin <= longestLine)
          yield Buffer.concat([...held, chunk.subarray(begin, end)]).toString('utf8');
        [held, length] = [[], 0];
        begin = end + 1;
      }
      length += count - begin;
      if (length <= longestLine) held.push(Buffer.from(chunk.subarray(begin, count)));
      else held = [];
    }
  } finally {
    closeSync(descriptor);
  }
}
