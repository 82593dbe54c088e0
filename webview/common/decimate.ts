/**
 * @file Draws a long line with as many points as there are pixels, and loses no extreme: each pixel column keeps the first,
 * lowest, highest and last of its values. The extremes come from a tree, so that a frame costs pixels, not values.
 */
import { lowerBound } from './column.ts';

/** Children of a block, in the tree of extremes. */
const fan = 16;

interface Level {
  low: Float64Array;
  high: Float64Array;
}

const isFinite = (value: number): boolean => value - value === 0;

/** Lowest and highest of any range of `values` in O(log n); what is not finite is left out. */
export class Extremes {
  #values: Float64Array = new Float64Array(0);
  /** Level k holds the extremes of whole blocks of fan^(k + 1) values. */
  #levels: Level[] = [];

  /** Takes over `values`, of which those before `from` are as they were. */
  update(values: Float64Array, from: number): void {
    this.#values = values;
    const levels: Level[] = [];
    let [below, first] = [{ low: values, high: values }, from];
    for (let count = Math.floor(values.length / fan); count > 0; count = Math.floor(count / fan)) {
      first = Math.floor(first / fan);
      const level = grown(this.#levels[levels.length], count, first);
      for (let block = first; block < count; block++) {
        let [low, high] = [Infinity, -Infinity];
        for (let i = block * fan; i < (block + 1) * fan; i++) {
          // NaN compares as false; infinities are values of ours only where a block holds none
          if (below.low[i]! < low && below.low[i]! > -Infinity) low = below.low[i]!;
          if (below.high[i]! > high && below.high[i]! < Infinity) high = below.high[i]!;
        }
        level.low[block] = low;
        level.high[block] = high;
      }
      levels.push(level);
      below = level;
    }
    this.#levels = levels;
  }

  /** Extremes of the values [begin, end); [Infinity, -Infinity] where none is finite. */
  range(begin: number, end: number): readonly [low: number, high: number] {
    let [low, high] = [Infinity, -Infinity];
    let level: Level = { low: this.#values, high: this.#values };
    const take = (i: number): void => {
      if (level.low[i]! < low && level.low[i]! > -Infinity) low = level.low[i]!;
      if (level.high[i]! > high && level.high[i]! < Infinity) high = level.high[i]!;
    };
    for (let k = 0; begin < end; k++) {
      while (begin < end && begin % fan !== 0) take(begin++);
      while (begin < end && end % fan !== 0) take(--end);
      if (begin === end) break;
      [begin, end] = [begin / fan, end / fan];
      level = this.#levels[k]!;
    }
    return [low, high];
  }
}

/** `level` with room for `count` blocks, of which the first `kept` are as they were. */
function grown(level: Level | undefined, count: number, kept: number): Level {
  if (level !== undefined && level.low.length >= count) return level;
  const next = { low: new Float64Array(2 * count), high: new Float64Array(2 * count) };
  if (level !== undefined) {
    next.low.set(level.low.subarray(0, kept));
    next.high.set(level.high.subarray(0, kept));
  }
  return next;
}

/** A line as plots know it; `x` ascends. */
export interface Curve {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly extremes: Extremes;
}

/** Marks from left to right; those of few points are the points themselves, with equal numbers. */
export interface Thinned {
  readonly count: number;
  /** In pixels from the left edge. */
  readonly at: Float64Array;
  readonly first: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly last: Float64Array;
  /** 1 where no line leads to the mark from the one before. */
  readonly breaks: Uint8Array;
}

/** Whether one of the ascending `gaps` lies in [before, after). */
const parted = (gaps: Float64Array, before: number, after: number): boolean =>
  gaps[lowerBound(gaps, before)]! < after;

/**
 * The line over `range` on `width` pixels, with one point beyond each edge, so that it runs on to the edge. Behind each x of
 * `gaps` it is interrupted.
 */
export function thin(
  { x, y, extremes }: Curve,
  [from, to]: readonly [number, number],
  width: number,
  gaps: Float64Array = new Float64Array(0),
): Thinned {
  const begin = lowerBound(x, from);
  let end = lowerBound(x, to, begin);
  while (end < x.length && x[end] === to) end++;
  const dense = end - begin > 2 * width;
  const size = dense ? width + 2 : end - begin + 2;
  const marks = {
    at: new Float64Array(size),
    first: new Float64Array(size),
    low: new Float64Array(size),
    high: new Float64Array(size),
    last: new Float64Array(size),
    breaks: new Uint8Array(size),
  };
  let count = 0;
  let lastX = NaN;
  const scale = width / (to - from);
  const add = (at: number, i: number, j: number): void => {
    const [low, high] = i + 1 === j ? [y[i]!, y[i]!] : extremes.range(i, j);
    if (!(isFinite(low) && isFinite(high))) return;
    marks.at[count] = at;
    marks.low[count] = low;
    marks.high[count] = high;
    marks.first[count] = isFinite(y[i]!) ? y[i]! : low;
    marks.last[count] = isFinite(y[j - 1]!) ? y[j - 1]! : high;
    marks.breaks[count] = count === 0 || parted(gaps, lastX, x[i]!) ? 1 : 0;
    lastX = x[j - 1]!;
    count++;
  };
  const point = (i: number): void => {
    if (i >= 0 && i < x.length) add((x[i]! - from) * scale, i, i + 1);
  };
  point(begin - 1);
  if (dense)
    for (let column = 0, i = begin; column < width; column++) {
      const j = column === width - 1 ? end : lowerBound(x, from + (column + 1) / scale, i, end);
      if (j > i) add(column + 0.5, i, j);
      i = j;
    }
  else for (let i = begin; i < end; i++) point(i);
  point(end);
  return { count, ...marks };
}

/** What a path is drawn on: a canvas, or the text of an SVG path. */
export interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
}

/**
 * Draws the marks, each from one extreme to the other, the nearer to its first value first: on one pixel's width that looks like
 * all its values. `toY` gives pixels from the top.
 */
export function trace(marks: Thinned, left: number, toY: (value: number) => number, pen: Pen): void {
  for (let i = 0; i < marks.count; i++) {
    const x = left + marks.at[i]!;
    const [low, high] = [marks.low[i]!, marks.high[i]!];
    const rises = marks.first[i]! - low <= high - marks.first[i]!;
    const begin = toY(rises ? low : high);
    if (marks.breaks[i] === 1) pen.moveTo(x, begin);
    else pen.lineTo(x, begin);
    if (low < high) pen.lineTo(x, toY(rises ? high : low));
  }
}
