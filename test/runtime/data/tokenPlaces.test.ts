/** @file Tokens back to the characters they stand for. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tokenPlaces } from '../../../runtime/data/tokenPlaces.ts';
import { createByteTokenizer } from '../../support/byteTokenizer.ts';

const tokenizer = createByteTokenizer({ special: ['<|end|>'], merges: [['h', 'i']] });
const placesOf = (text: string): string[] =>
  tokenPlaces(tokenizer, text, tokenizer.encodeSections(text)).map(({ start, end }) =>
    text.slice(start, end),
  );

test('bytes of one character share it, a special token is its own', () => {
  expect(placesOf('hi!')).toEqual(['hi', '!']);
  expect(placesOf('aé<|end|>')).toEqual(['a', 'é', 'é', '<|end|>']);
  expect(placesOf('🧀')).toEqual(['🧀', '🧀', '🧀', '🧀']);
});

test('places go on, and together are the whole text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const places = tokenPlaces(tokenizer, text, tokenizer.encodeSections(text));
      let at = 0;
      for (const { start, end } of places) {
        expect(start).toBeLessThanOrEqual(at);
        at = Math.max(at, end);
      }
      expect(at).toBe(text.length);
    }),
  );
});

test('where a normaliser wrote another text the tokens are spread over it', () => {
  const places = tokenPlaces({ tokenBytes: () => 4 }, 'ab', [
    { start: 0, end: 2, ownEnd: 2, token: undefined, ids: [1, 2] },
  ]);
  expect(places).toEqual([
    { start: 0, end: 1 },
    { start: 1, end: 2 },
  ]);
});
