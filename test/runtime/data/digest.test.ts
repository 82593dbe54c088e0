/** @file Digests tell rows apart, and the near one doesn't see case, spaces and punctuation. */
import { expect, test } from 'vitest';
import { rowDigest } from '../../../runtime/data/digest.ts';

const exact = (ids: number[]): string => rowDigest(ids, undefined).slice(0, 2).join();
const near = (text: string): string => rowDigest([1], text).slice(2).join();

test('different rows have different digests', () => {
  const seen = new Set<string>();
  for (let a = 0; a < 200; a++) for (let b = 0; b < 200; b++) seen.add(exact([a, b]));
  for (let length = 1; length < 50; length++) seen.add(exact(Array.from({ length: length + 2 }, () => 0)));
  expect(seen.size).toBe(200 * 200 + 49);
});

test('near rows', () => {
  expect(near('Hello, World!')).toBe(near('hello  world'));
  expect(near('Ünï — x')).toBe(near('ünïX'));
  expect(near('hello world')).not.toBe(near('hello worlds'));
  expect(rowDigest([3], undefined).slice(2)).toEqual(rowDigest([3], 'x').slice(0, 2));
});
