/** @file What is set right in the library: added tokens are for decoding alone, byte order marks survive it. */
import { expect, test } from 'vitest';
import { prepareTokenizer } from '../../../runtime/data/tokenizerJson.ts';
import { createByteMapper, createTokenizer } from '../../../runtime/data/tokenizersLibrary.ts';
import { byteTokenizerJson } from '../../support/byteTokenizer.ts';

test('the byte mapper writes GPT-2 characters', () => {
  expect(createByteMapper().pre_tokenize(' é\n')).toEqual(['ĠÃ©Ċ']);
});

test('added tokens are no pieces of the model, and decode to their own bytes', () => {
  const { library, added } = prepareTokenizer(byteTokenizerJson({ special: ['<a>', '<é>'] }), 'f');
  const tokenizer = createTokenizer(library, added);
  expect(tokenizer.token_to_id('<a>')).toBeUndefined();
  // "é" is how the vocabulary writes the byte E9, as HF's decoder reads it in an added token too.
  expect(tokenizer.decode([97, 256, 257], { clean_up_tokenization_spaces: false })).toBe('a<a><\uFFFD>');
});

test('byte fallback keeps U+FEFF', () => {
  const bytes = ['<0xEF>', '<0xBB>', '<0xBF>'];
  const tokenizer = createTokenizer(
    prepareTokenizer(
      {
        model: {
          type: 'BPE',
          vocab: Object.fromEntries(bytes.map((byte, id) => [byte, id])),
          merges: [],
          byte_fallback: true,
        },
        decoder: { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, { type: 'Fuse' }] },
      },
      'f',
    ).library,
    [],
  );
  expect(tokenizer.decode([0, 1, 2], { clean_up_tokenization_spaces: false })).toBe('\uFEFF');
});
