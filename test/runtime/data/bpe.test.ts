/** @file Byte-pair encoding: the order of merges, and what becomes of characters without a token. */
import { expect, test } from 'vitest';
import { BpeModel } from '../../../runtime/data/bpe.ts';

const vocab = { '<unk>': 0, a: 1, b: 2, ab: 3, ba: 4, 'a<unk>': 5, '<0xC3>': 6, '<0xA9>': 7, aab: 8 };
const merges = ['a b', 'b a', ['a', '<unk>'], 'a ab'] as const;
const ids = (piece: string, more = {}): number[] => new BpeModel({ vocab, merges, ...more }).encode(piece);

test('the first merge of the list, the leftmost of equals', () => {
  expect(ids('aba')).toEqual([3, 1]);
  expect(ids('bab')).toEqual([2, 3]);
  expect(ids('baab')).toEqual([4, 3]);
  expect(ids('aab')).toEqual([8]);
  expect(ids('b')).toEqual([2]);
  expect(ids('')).toEqual([]);
});

test('unknown characters: left out, one token each or together, before anything is merged', () => {
  expect(ids('axb')).toEqual([3]);
  expect(ids('xyb', { unk_token: '<unk>' })).toEqual([0, 0, 2]);
  expect(ids('xyb', { unk_token: '<unk>', fuse_unk: true })).toEqual([0, 2]);
  expect(ids('ax', { unk_token: '<unk>' })).toEqual([5]);
});

test('bytes, where the vocabulary has all of them', () => {
  expect(ids('é', { unk_token: '<unk>', byte_fallback: true })).toEqual([6, 7]);
  expect(ids('中', { unk_token: '<unk>', byte_fallback: true })).toEqual([0]);
});

test('what is written before continuing pieces and behind the last', () => {
  const more = { vocab: { a: 0, '##b': 1, ab: 2, '##c</w>': 3 }, merges: ['a ##b'] };
  const affixes = { continuing_subword_prefix: '##', end_of_word_suffix: '</w>' };
  expect(ids('abc', { ...more, ...affixes })).toEqual([2, 3]);
});

test('whole pieces, where merges are ignored', () => {
  expect(ids('ba', { merges: [] })).toEqual([2, 1]);
  expect(ids('ba', { merges: [], ignore_merges: true })).toEqual([4]);
});

test('long pieces take time in proportion', () => {
  const start = performance.now();
  expect(ids('ab'.repeat(100_000))).toHaveLength(100_000);
  expect(performance.now() - start).toBeLessThan(3_000);
});
