/** @file Rows are known by their text, and only so many. */
import { expect, test } from 'vitest';
import { RowCache } from '../../../src/data/rowCache.ts';

const preview = { ranges: [], lints: [] };

test('an edited row is another one', () => {
  const cache = new RowCache();
  cache.set('a', preview);
  expect([cache.get('a'), cache.get('b')]).toEqual([preview, undefined]);
  cache.clear();
  expect(cache.get('a')).toBeUndefined();
});

test('neither many rows nor long ones stay for ever', () => {
  const cache = new RowCache();
  for (let i = 0; i < 5000; i++) cache.set(String(i), preview);
  expect([cache.get('0'), cache.get('4999')]).toEqual([undefined, preview]);
  for (const letter of 'abcdef') cache.set(letter.repeat(1_500_000), preview);
  expect(cache.get('a'.repeat(1_500_000))).toBeUndefined();
  expect(cache.get('f'.repeat(1_500_000))).toBe(preview);
});
