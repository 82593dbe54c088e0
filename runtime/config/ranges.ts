/** @file Offsets of a text as lines and columns. */
import type { TextRange } from '../contract/diagnostic.ts';

/** Turns offsets of a text into lines and columns. */
export function rangeFinder(text: string): (offset: number, length: number) => TextRange {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset, length) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - starts[low]! + 1, offset, length };
  };
}
