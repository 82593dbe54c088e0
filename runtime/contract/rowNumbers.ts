/** @file Row numbers as `data.exclude` lists them: 12 for one row, "12-20" for all from 12 to 20. They count as messages do. */

export type RowNumbers = readonly (number | string)[];

/** First and last row, both from 1 and included. */
export type RowRange = readonly [first: number, last: number];

/** Undefined for what is no row number and no range. */
export function rowRange(entry: number | string): RowRange | undefined {
  const [, first, last] = /^ *([1-9]\d{0,14}) *(?:- *([1-9]\d{0,14}) *)?$/.exec(String(entry)) ?? [];
  if (first === undefined) return undefined;
  const range = [Number(first), Number(last ?? first)] as const;
  return range[0] <= range[1] ? range : undefined;
}

/** Sorted, without overlap or gap between neighbours. What is no row number is left out. */
export function rowRanges(numbers: RowNumbers): RowRange[] {
  const sorted = numbers.map(rowRange).filter((range) => range !== undefined);
  sorted.sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [first, last] of sorted) {
    const before = merged.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

/** Whether a row is in sorted ranges. */
export function includesRow(ranges: readonly RowRange[], row: number): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle]![1] < row) low = middle + 1;
    else high = middle;
  }
  return low < ranges.length && ranges[low]![0] <= row;
}

/** The list as it is written into a config: single rows as numbers, two or more as "first-last". */
export const writeRows = (ranges: readonly RowRange[]): (number | string)[] =>
  ranges.map(([first, last]) => (first === last ? first : `${first}-${last}`));

/** The same list with a row added. */
export const withRow = (numbers: RowNumbers, row: number): (number | string)[] =>
  writeRows(rowRanges([...numbers, row]));

/** The same list without a row; a range that held it is cut in two. */
export function withoutRow(numbers: RowNumbers, row: number): (number | string)[] {
  return writeRows(
    rowRanges(numbers).flatMap(([first, last]): RowRange[] => {
      if (row < first || row > last) return [[first, last]];
      const parts: RowRange[] = [
        [first, row - 1],
        [row + 1, last],
      ];
      return parts.filter(([from, to]) => from <= to);
    }),
  );
}
