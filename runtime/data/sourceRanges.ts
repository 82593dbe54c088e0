/** @file From characters of a rendered row back to characters of its line: contents are found by their values. */
import type { RowPlaces } from './encodeRow.ts';
import { StringPlaces } from './jsonStrings.ts';
import type { SourceScalar } from './jsonStrings.ts';
import type { Span } from './turns.ts';

/** A stretch of the rendered text that is written in one string of the line. */
export interface Anchor extends Span {
  readonly source: SourceScalar;
  readonly places: StringPlaces;
  /** Index in the decoded string of the stretch's first character. */
  readonly from: number;
}

/** What names a turn, or a call: no content, though it may read like one. */
const labels = new Set(['role', 'from', 'type', 'id', 'name', 'tool_call_id']);
/** Looking for parts costs strings x contents; rows with more of both are matched by whole values alone. */
const mostComparisons = 1_000_000;

/**
 * Anchors for the contents of a row, in the order of the text.
 * @param fields the line's columns that its format reads; a text elsewhere may be the same by accident.
 */
export function findAnchors(
  line: string,
  text: string,
  contents: RowPlaces['contents'],
  scalars: readonly SourceScalar[],
  fields: ReadonlySet<string>,
): Anchor[] {
  const strings = scalars.filter(({ path, value }) => {
    const last = path.at(-1);
    return (
      value !== undefined && fields.has(String(path[0])) && !(path.length > 1 && labels.has(String(last)))
    );
  });
  const byValue = new Map<string, SourceScalar[]>();
  for (const one of strings) {
    const key = one.value!.trim();
    const same = byValue.get(key);
    if (same === undefined) byValue.set(key, [one]);
    else same.push(one);
  }
  const places = new Map<SourceScalar, StringPlaces>();
  const anchor = (source: SourceScalar, from: number, start: number, end: number): Anchor => {
    const known = places.get(source) ?? new StringPlaces(line, source);
    places.set(source, known);
    return { source, places: known, from, start, end };
  };
  const taken = new Map<SourceScalar, number>();
  const anchors: Anchor[] = [];
  const searchesParts = contents.length * strings.length <= mostComparisons;
  for (const { start, end } of contents) {
    const written = text.slice(start, end);
    if (written === '') continue;
    const whole = byValue.get(written.trim())?.shift();
    if (whole !== undefined) {
      taken.set(whole, whole.value!.length);
      const from = whole.value!.indexOf(written);
      if (from >= 0) anchors.push(anchor(whole, from, start, end));
    } else if (searchesParts) {
      anchors.push(
        ...partsOf(written, strings, taken).map(({ source, from, at, length }) => {
          return anchor(source, from, start + at, start + at + length);
        }),
      );
    }
  }
  return anchors.sort((a, b) => a.start - b.start);
}

interface Part {
  readonly source: SourceScalar;
  /** Index in the string, and in what is written. */
  readonly from: number;
  readonly at: number;
  readonly length: number;
}

/** A content that is part of one string (an answer behind its thinking), or is put together from several. */
function partsOf(
  written: string,
  strings: readonly SourceScalar[],
  taken: Map<SourceScalar, number>,
): Part[] {
  for (const source of strings) {
    const from = source.value!.indexOf(written, taken.get(source) ?? 0);
    if (from < 0) continue;
    taken.set(source, from + written.length);
    return [{ source, from, at: 0, length: written.length }];
  }
  const parts: Part[] = [];
  let at = 0;
  for (const source of strings) {
    const piece = source.value!.trim();
    const found = taken.has(source) || piece === '' ? -1 : written.indexOf(piece, at);
    if (found < 0) continue;
    taken.set(source, source.value!.length);
    parts.push({ source, from: source.value!.indexOf(piece), at: found, length: piece.length });
    at = found + piece.length;
  }
  return parts;
}

/** Strings of tool calls, which the template writes in its own way: each where it is found between contents. */
export function findCallAnchors(
  line: string,
  text: string,
  anchors: readonly Anchor[],
  scalars: readonly SourceScalar[],
): Anchor[] {
  if (anchors.length * scalars.length > mostComparisons) return [];
  const used = new Set(anchors.map(({ source }) => source));
  const found: Anchor[] = [];
  let at = 0;
  for (const source of scalars) {
    const { path, value = '' } = source;
    if (!path.includes('tool_calls') || path.at(-1) === 'id' || path.at(-1) === 'type') continue;
    if (used.has(source) || value.trim() === '') continue;
    const start = text.indexOf(value, at);
    const end = start + value.length;
    if (start < 0 || anchors.some((other) => other.start < end && start < other.end)) continue;
    found.push({ source, places: new StringPlaces(line, source), from: 0, start, end });
    at = end;
  }
  return found;
}

/** The characters of the line behind a stretch of the text, piece by piece. `anchors` are in order. */
export function sourceOf(anchors: readonly Anchor[], { start, end }: Span): Span[] {
  const ranges: Span[] = [];
  let [low, high] = [0, anchors.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (anchors[middle]!.end <= start) low = middle + 1;
    else high = middle;
  }
  for (let i = low; i < anchors.length && anchors[i]!.start < end; i++) {
    const one = anchors[i]!;
    const from = Math.max(start, one.start) - one.start + one.from;
    const to = Math.min(end, one.end) - one.start + one.from;
    if (from < to) ranges.push({ start: one.places.at(from), end: one.places.at(to) });
  }
  return ranges;
}
