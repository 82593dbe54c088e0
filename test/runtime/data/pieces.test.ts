/** @file Remembered pieces give the ids that the library gives without them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PieceEncoder } from '../../../runtime/data/pieces.ts';
import { prepareTokenizer } from '../../../runtime/data/tokenizerJson.ts';
import { createTokenizer } from '../../../runtime/data/tokenizersLibrary.ts';
import { entries } from './tokenizerReferences.ts';

const byteLevel = entries.flatMap(({ json, name }) => {
  if (json === undefined) return [];
  const prepared = prepareTokenizer(json, name);
  return prepared.byteLevelSplits === undefined ? [] : [{ name, prepared, splits: prepared.byteLevelSplits }];
});

test.each(byteLevel.map((entry) => [entry.name, entry] as const))('%s', (_, { prepared, splits }) => {
  const whole = createTokenizer(prepared.library, undefined);
  const pieces = new PieceEncoder(createTokenizer({ ...prepared.library, pre_tokenizer: splits }, undefined));
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      const expected = whole.encode(text, { add_special_tokens: false }).ids;
      expect(pieces.encode(text)).toEqual(expected);
      expect(pieces.encode(text)).toEqual(expected);
    }),
    { seed: 2, numRuns: 60 },
  );
});

test('there are such tokenizers among the references', () => {
  expect(byteLevel.length).toBeGreaterThan(8);
});
