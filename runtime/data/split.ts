/** @file Holds out a share of the rows, the same ones for the same seed, and compares two data sets row by row. */
import { createHash } from 'node:crypto';
import type { TokenDataset } from './dataset.ts';
import { LintCollector } from './lint.ts';
import type { Lint } from './lint.ts';
import { digestWords } from './tokenCache.ts';

/** Row numbers, ascending. With a share above 0 and two rows or more neither side is empty. */
export interface Split {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
}

/** `share` of `rows` rows, 0..1, drawn without replacement by the first steps of a Fisher-Yates shuffle. */
export function splitRows(rows: number, share: number, seed: number): Split {
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  const held = share <= 0 || rows < 2 ? 0 : Math.min(Math.max(1, Math.round(rows * share)), rows - 1);
  for (let i = 0; i < held; i++) {
    const j = i + Math.floor((mix(seed, i) / 2 ** 32) * (rows - i));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return { validation: order.slice(0, held).sort(), train: order.slice(held).sort() };
}

/** 32 well-mixed bits of two integers (murmur3's finaliser over both). */
function mix(seed: number, index: number): number {
  let bits = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** Some rows of a data set as one of their own. Closing it leaves the whole open. */
export function selectRows(dataset: TokenDataset, rows: Uint32Array): TokenDataset {
  let tokens = 0;
  let supervised = 0;
  for (const row of rows) {
    tokens += dataset.length(row);
    supervised += dataset.supervised(row);
  }
  const at = (row: number): number => {
    const source = rows[row];
    if (source === undefined) throw new RangeError(`row ${row} of ${rows.length}`);
    return source;
  };
  const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
  return {
    rows: rows.length,
    length: (row) => dataset.length(at(row)),
    supervised: (row) => dataset.supervised(at(row)),
    read: (row) => dataset.read(at(row)),
    line: (row) => dataset.line(at(row)),
    source: (row) => dataset.source(at(row)),
    hash: createHash('sha256').update(dataset.hash).update(bytes).digest('hex'),
    totals: { ...dataset.totals, tokens, supervised },
    lints: dataset.lints,
    digests: () => {
      const all = dataset.digests();
      const own = new Uint32Array(rows.length * digestWords);
      for (const [i, row] of rows.entries())
        own.set(all.subarray(row * digestWords, (row + 1) * digestWords), i * digestWords);
      return own;
    },
    close: () => undefined,
  };
}

/** Validation rows that are in the training data, exactly or but for case, spaces and punctuation. */
export function lintOverlap(train: TokenDataset, validation: TokenDataset): Lint[] {
  const key = (words: Uint32Array, at: number): bigint =>
    (BigInt(words[at]!) << 32n) | BigInt(words[at + 1]!);
  // The validation rows' digests are the ones held in memory: they are the fewer.
  const held = validation.digests();
  const exact = new Map<bigint, boolean>();
  const near = new Map<bigint, boolean>();
  for (let at = 0; at < held.length; at += digestWords) {
    exact.set(key(held, at), false);
    near.set(key(held, at + 2), false);
  }
  const words = train.digests();
  for (let at = 0; at < words.length; at += digestWords) {
    const whole = key(words, at);
    const bare = key(words, at + 2);
    if (exact.has(whole)) exact.set(whole, true);
    if (near.has(bare)) near.set(bare, true);
  }
  const found = new LintCollector();
  for (let row = 0; row < validation.rows; row++) {
    const at = row * digestWords;
    if (exact.get(key(held, at)) === true) found.add('validation-overlap', validation.line(row));
    else if (near.get(key(held, at + 2)) === true) found.add('validation-near-overlap', validation.line(row));
  }
  return found.list();
}
