/** @file Pieces remembered before their bytes are mapped give the same ids as those mapped by the library. */
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
  const whole = new PieceEncoder(createTokenizer(prepared.library, []), prepared.model, false);
  const library = createTokenizer({ ...prepared.library, pre_tokenizer: splits }, []);
  const pieces = new PieceEncoder(library, prepared.model, true);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      const normal = whole.normalize(text);
      const expected = whole.encode(normal, true);
      expect(pieces.encode(normal, true)).toEqual(expected);
      expect(pieces.encode(normal, true)).toEqual(expected);
    }),
    { seed: 2, numRuns: 60 },
  );
});

test('there are such tokenizers among the references', () => {
  expect(byteLevel.length).toBeGreaterThan(8);
});
