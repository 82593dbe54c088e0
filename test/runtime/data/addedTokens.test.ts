/** @file Added tokens in raw text: longest first from the left, whole words, whitespace they swallow. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AddedTokenFinder } from '../../../runtime/data/addedTokens.ts';
import type { AddedToken } from '../../../runtime/data/addedTokens.ts';

const token = (content: string, more: Partial<AddedToken> = {}): AddedToken => ({
  id: 0,
  content,
  special: true,
  normalized: false,
  singleWord: false,
  lstrip: false,
  rstrip: false,
  ...more,
});

const parts = (tokens: readonly AddedToken[], text: string): string[] =>
  new AddedTokenFinder(tokens)
    .split(text)
    .map(({ start, end, token: found }) =>
      found === undefined ? text.slice(start, end) : `[${text.slice(start, end)}]`,
    );

test('the longest that begins first', () => {
  const tokens = [token('<a>'), token('<a><b>'), token('b>c')];
  expect(parts(tokens, 'x<a><b>c<a>y<a')).toEqual(['x', '[<a><b>]', 'c', '[<a>]', 'y<a']);
  expect(parts([], 'x<a>')).toEqual(['x<a>']);
  expect(parts(tokens, '')).toEqual([]);
});

test('whole words only', () => {
  const tokens = [token('in', { singleWord: true })];
  expect(parts(tokens, 'in inn (in) éin in')).toEqual(['[in]', ' inn (', '[in]', ') éin ', '[in]']);
});

test('a word of another plane is a word, and nothing shorter is tried where a whole word was not', () => {
  const tokens = [token('in', { singleWord: true }), token('n')];
  expect(parts(tokens, '\u{1D4B6}in in\u{1D4B6} n')).toEqual(['\u{1D4B6}in in\u{1D4B6} ', '[n]']);
});

test('tokens that come second find what the first have left', () => {
  const finder = new AddedTokenFinder([token('<a>')], [token('a'), token('b')]);
  expect(finder.split('xa<a>b').map(({ start, end }) => [start, end])).toEqual([
    [0, 1],
    [1, 2],
    [2, 5],
    [5, 6],
  ]);
});

test('a token in the whitespace that another has swallowed counts', () => {
  const tokens = [token('<r>', { rstrip: true }), token('\n\n')];
  expect(parts(tokens, 'a<r> \n\n b')).toEqual(['a', '[<r> ]', '[\n\n]', ' b']);
});

test('whitespace beside a token, and where its own characters end', () => {
  const tokens = [token('<l>', { lstrip: true }), token('<r>', { rstrip: true })];
  expect(parts(tokens, 'a \n<l> b<r> \u0085 c')).toEqual(['a', '[ \n<l>]', ' b', '[<r> \u0085 ]', 'c']);
  expect(new AddedTokenFinder(tokens).split('<r>  x')[0]).toMatchObject({ end: 5, ownEnd: 3 });
});

test('sections lie side by side and cover the text', () => {
  const finder = new AddedTokenFinder([
    token('ab'),
    token('b'),
    token(' c', { lstrip: true }),
    token('a', { rstrip: true }),
  ]);
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '\n', 'é') }), (text) => {
      let at = 0;
      for (const { start, end, ownEnd } of finder.split(text)) {
        expect(start).toBe(at);
        expect(end).toBeGreaterThan(start);
        expect(ownEnd).toBeLessThanOrEqual(end);
        at = end;
      }
      expect(at).toBe(text.length);
    }),
    { seed: 1, numRuns: 300 },
  );
});
