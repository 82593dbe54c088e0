/** @file What a tokenizer.json must hold before it is used. */
import { describe, expect, test } from 'vitest';
import { prepareTokenizer } from '../../../runtime/data/tokenizerJson.ts';
import { byteTokenizerJson } from '../../support/byteTokenizer.ts';

const bpe = { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] };
const added = (...tokens: object[]): object => ({ model: bpe, added_tokens: tokens });

test('sizes, and whether pieces and first sections matter', () => {
  const plain = prepareTokenizer(byteTokenizerJson({ special: ['<s>'] }), 'f');
  expect(plain.vocabSize).toBe(257);
  expect(plain.firstDiffers).toBe(false);
  expect(plain.byteLevelSplits).toEqual({ type: 'Sequence', pretokenizers: [] });
  const metaspace = prepareTokenizer(
    { model: bpe, pre_tokenizer: { type: 'Metaspace', prepend_scheme: 'first' } },
    'f',
  );
  expect([metaspace.firstDiffers, metaspace.byteLevelSplits]).toEqual([true, undefined]);
});

test('older files: no type, merges as pairs, no parts', () => {
  const { type: _, ...untyped } = bpe;
  expect(
    prepareTokenizer({ model: { ...untyped, merges: [['a', 'b']] } }, 'f').library['model'],
  ).toMatchObject({ type: 'BPE' });
  expect(prepareTokenizer({ model: { vocab: [['a', -1]], unk_id: 0 } }, 'f').library['model']).toMatchObject({
    type: 'Unigram',
  });
});

describe('damaged', () => {
  test.each([
    ['no model', {}],
    ['no vocabulary', { model: { type: 'BPE', merges: [] } }],
    ['an id twice', { model: { ...bpe, vocab: { a: 0, b: 0 } } }],
    ['an id that is too large', { model: { ...bpe, vocab: { a: 2 ** 30 } } }],
    ['an id that is none', { model: { ...bpe, vocab: { a: '0' } } }],
    ['merges that are no list', { model: { ...bpe, merges: {} } }],
    ['a merge of three', { model: { ...bpe, merges: ['a b c'] } }],
    ['a merge of unknown pieces', { model: { ...bpe, merges: ['b a'] } }],
    ['a merge of added tokens', { ...added({ id: 3, content: 'ba' }), model: { ...bpe, merges: ['b a'] } }],
    ['a prefix on pieces that is no text', { model: { ...bpe, continuing_subword_prefix: 1 } }],
    ['an unknown token that is unknown', { model: { ...bpe, unk_token: '?' } }],
    ['an added token without text', added({ id: 3 })],
    ['an added token with a second id', added({ id: 3, content: 'a' })],
    ['two added tokens with one id', added({ id: 3, content: 'x' }, { id: 3, content: 'y' })],
    ['a Unigram entry without score', { model: { type: 'Unigram', vocab: [['a']], unk_id: 0 } }],
    ['a Unigram without unknown token', { model: { type: 'Unigram', vocab: [['a', 0]], unk_id: 1 } }],
  ])('%s', (_, json) => {
    expect(() => prepareTokenizer(json, 'f')).toThrow(
      expect.objectContaining({ code: 'tokenizer-damaged', place: { file: 'f' } }) as Error,
    );
  });
});

test.each([
  ['a model of another type', { model: { type: 'WordLevel', vocab: { a: 0 } } }],
  [
    'a first piece that the normalizer may cut off',
    {
      model: bpe,
      normalizer: { type: 'Strip' },
      pre_tokenizer: { type: 'Metaspace', prepend_scheme: 'first' },
    },
  ],
])('unsupported: %s', (_, json) => {
  expect(() => prepareTokenizer(json, 'f')).toThrow(
    expect.objectContaining({ code: 'tokenizer-unsupported' }) as Error,
  );
});
