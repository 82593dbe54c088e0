/** @file The part of the shared axis that one looks at: zoomed and moved inside of what there is. Pure. */

export type Range = readonly [from: number, to: number];

/** Nobody looks closer than this share of all. */
const closest = 1e-7;

/** `range` moved, and shortened where it must be, so that it lies in `full`. */
export function inside([from, to]: Range, full: Range): Range {
  const length = Math.min(to - from, full[1] - full[0]);
  const start = Math.min(Math.max(from, full[0]), full[1] - length);
  return [start, start + length];
}

/** Closer by `factor` (below 1: nearer), with `x` where it was. */
export function zoomed([from, to]: Range, full: Range, x: number, factor: number): Range {
  const shortest = (full[1] - full[0]) * closest;
  const scale = Math.max(factor, shortest / (to - from));
  return inside([x - (x - from) * scale, x + (to - x) * scale], full);
}

/** Moved by a share of its length. */
export function moved([from, to]: Range, full: Range, share: number): Range {
  const by = (to - from) * share;
  return inside([from + by, to + by], full);
}

export const sameRange = (a: Range, b: Range): boolean => a[0] === b[0] && a[1] === b[1];
