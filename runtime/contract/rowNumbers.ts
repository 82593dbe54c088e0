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

/** The same list with rows added. */
export const withRows = (numbers: RowNumbers, rows: readonly number[]): (number | string)[] =>
  writeRows(rowRanges([...numbers, ...rows]));

/** The same list without these rows; a range that held some is cut around them. */
export function withoutRows(numbers: RowNumbers, rows: readonly number[]): (number | string)[] {
  const gone = rowRanges(rows);
  const left: RowRange[] = [];
  let next = 0;
  for (const [first, last] of rowRanges(numbers)) {
    while (next < gone.length && gone[next]![1] < first) next += 1;
    let from = first;
    for (let i = next; i < gone.length && gone[i]![0] <= last; i++) {
      if (gone[i]![0] > from) left.push([from, gone[i]![0] - 1]);
      from = gone[i]![1] + 1;
    }
    if (from <= last) left.push([from, last]);
  }
  return writeRows(left);
}
