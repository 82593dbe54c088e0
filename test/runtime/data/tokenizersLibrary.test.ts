/** @file What is set right in the library: added tokens stay out of it but for the anchor, byte order marks survive decoding. */
import { expect, test } from 'vitest';
import { prepareTokenizer } from '../../../runtime/data/tokenizerJson.ts';
import { createByteMapper, createTokenizer } from '../../../runtime/data/tokenizersLibrary.ts';
import { byteTokenizerJson } from '../../support/byteTokenizer.ts';

test('the byte mapper writes GPT-2 characters', () => {
  expect(createByteMapper().pre_tokenize(' é\n')).toEqual(['ĠÃ©Ċ']);
});

test('added tokens in a text are text, but the anchor in front', () => {
  const { library } = prepareTokenizer(byteTokenizerJson({ special: ['<a>', '<b>'] }), 'f');
  const ids = (anchor: string | undefined, text: string): number[] =>
    createTokenizer(library, anchor)
      .encode(text, { add_special_tokens: false })
      .ids.map((id) => id ?? -1);
  expect(ids('<a>', '<a>x')).toEqual([256, 'x'.charCodeAt(0)]);
  expect(ids('<a>', 'x<a>')).toHaveLength(4);
  expect(ids(undefined, '<b>x')).toHaveLength(4);
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
    undefined,
  );
  expect(tokenizer.decode([0, 1, 2], { clean_up_tokenization_spaces: false })).toBe('\uFEFF');
});
