/** @file Micro-batches of whole documents: where tokens stand, what is learned, which distances fall together. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { casesOf, specOf } from '../../support/familyCases.ts';
import type { Tensor } from '../../../runtime/ort/session.ts';
import type { TokenRow } from '../../../runtime/train/batch.ts';
import { documentBatch, relativeBucket, secondStart } from '../../../runtime/train/documentBatch.ts';

const bert = specOf(casesOf('bert')[0]!.config);
const t5 = specOf({ ...casesOf('t5')[0]!.config, decoder_start_token_id: 7 });
const ints = (tensor: Tensor | undefined): number[] =>
  Array.from(tensor!.data as BigInt64Array | Int32Array, Number);

const classified = (ids: readonly number[], label: number, second?: readonly number[]): TokenRow => ({
  ids: Uint32Array.from(ids),
  mask: new Uint8Array(ids.length),
  label,
  ...(second && { second: Uint8Array.from(second) }),
});

const translated = (source: readonly number[], target: readonly number[]): TokenRow => {
  const second = Uint8Array.from([...source.map(() => 0), ...target.map(() => 1)]);
  return { ids: Uint32Array.from([...source, ...target]), mask: second, second };
};

describe('rows that are classified', () => {
  const { feeds, labelled, outputs, sizes, layout } = documentBatch(
    [classified([5, 6, 7], 1, [0, 0, 1]), classified([8], 0)],
    bert,
    'classification',
  );

  test('stand one behind the other with types and positions, and one token that pads', () => {
    expect(sizes).toMatchObject({ tokens: 5, rows: 2, allTiles: 2, allQueries: 8, allKeys: 8 });
    expect(ints(feeds['ids'])).toEqual([5, 6, 7, 8, 0]);
    expect(ints(feeds['tokenTypes'])).toEqual([0, 0, 1, 0, 0]);
    expect(ints(feeds['positions'])).toEqual([0, 1, 2, 0, 0]);
    expect(layout.groups).toHaveLength(1);
  });

  test('are read at their first tokens', () => {
    expect(Array.from(outputs, Number)).toEqual([0, 3]);
    expect(Array.from(labelled.tokens, Number)).toEqual([0, 3]);
    expect(Array.from(labelled.labels, Number)).toEqual([1, 0]);
  });

  test('see their own tokens and no padding', () => {
    const mask = [...(feeds['all.mask']!.data as Float32Array)].map((x) => (x === 0 ? 1 : 0));
    expect(mask).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe('sources and targets', () => {
  const rows = [translated([5, 6], [9, 10, 1]), translated([8, 4, 3], [2, 1])];
  const { feeds, labelled, outputs, sizes } = documentBatch(rows, t5, 'seq2seq');

  test('are two texts: all sources, all targets, each target behind the start token', () => {
    expect(ints(feeds['ids'])).toEqual([5, 6, 8, 4, 3, 7, 9, 10, 7, 2, 0]);
    expect(sizes).toMatchObject({ tokens: 11, sourceTokens: 6, targetTokens: 6, crossTiles: 2 });
    expect(ints(feeds['source.flatRows'])).toEqual([0, 1, 2, 3, 4, 10]);
    expect(ints(feeds['target.flatRows'])).toEqual([5, 6, 7, 8, 9, 10]);
  });

  test('come back to where they stood', () => {
    for (const [stream, start, count] of [
      ['source', 0, 5],
      ['target', 5, 5],
    ] as const) {
      const list = [...ints(feeds[`${stream}.flatRows`]).map((row) => row + 100), ...Array(11).keys()];
      const put = ints(feeds[`${stream}.index`]).map((at) => list[at]!);
      expect(put).toEqual(
        Array.from({ length: 11 }, (_, row) => (row >= start && row < start + count ? row + 100 : row)),
      );
    }
  });

  test('teach every token of the target', () => {
    expect(Array.from(labelled.tokens, Number)).toEqual([5, 6, 7, 8, 9]);
    expect(Array.from(labelled.labels, Number)).toEqual([9, 10, 1, 2, 1]);
    expect([...labelled.rows]).toEqual([0, 0, 0, 1, 1]);
    expect(Array.from(outputs, Number)).toEqual([5, 6, 7, 8, 9]);
  });
});

test('a row without a second text has none', () => {
  expect(secondStart({ ids: Uint32Array.of(1, 2) })).toBe(2);
});

test('distances fall into the buckets that transformers gives them', () => {
  const file = resolve(import.meta.dirname, '../../fixtures/relativeBuckets.json');
  const tables = JSON.parse(readFileSync(file, 'utf8')) as {
    buckets: number;
    maxDistance: number;
    both: boolean;
    first: number;
    found: number[];
  }[];
  expect(tables.length).toBeGreaterThan(10);
  for (const { first, found, both, ...relative } of tables)
    expect(found.map((_, i) => relativeBucket(first + i, relative, both))).toEqual(found);
});
