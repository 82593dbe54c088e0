/** @file Normalizers, decoders and post-processors: what is rewritten, what is refused, what stands around a text. */
import { describe, expect, test } from 'vitest';
import {
  checkDecoder,
  checkId,
  readPostProcessor,
  rewriteNormalizer,
} from '../../../runtime/data/tokenizerParts.ts';

const ids = new Map([
  ['<s>', 7],
  ['</s>', 8],
]);
const refused = (code: string): Error => expect.objectContaining({ name: 'UserError', code }) as Error;

test('replacements are literal', () => {
  expect(rewriteNormalizer({ type: 'Replace', pattern: { String: 'x' }, content: '$&' }, 'f')).toEqual({
    type: 'Replace',
    pattern: { Regex: 'x' },
    content: '$$&',
  });
});

describe('normalizers', () => {
  test.each([{ type: 'Nmt' }, {}])('%j is unsupported', (config) => {
    expect(() => rewriteNormalizer(config, 'f')).toThrow(refused('tokenizer-unsupported'));
  });

  test.each([
    3,
    [],
    { type: 'Sequence' },
    { type: 'Prepend' },
    { type: 'Precompiled' },
    { type: 'Precompiled', precompiled_charsmap: 'AAAA' },
    { type: 'Replace', pattern: { String: 'x' } },
  ])('%j is damaged', (config) => {
    expect(() => rewriteNormalizer(config, 'f')).toThrow(refused('tokenizer-damaged'));
  });
});

describe('decoders', () => {
  test('cuts are bounded', () => {
    expect(checkDecoder({ type: 'Strip', content: ' ', start: 1e9, stop: -1 }, 'f')).toEqual({
      type: 'Strip',
      content: ' ',
      start: 64,
      stop: 0,
    });
  });

  test('sequences, nothing, and what is refused', () => {
    expect(checkDecoder({ type: 'Sequence', decoders: [{ type: 'Fuse' }, null] }, 'f')).toEqual({
      type: 'Sequence',
      decoders: [{ type: 'Fuse' }],
    });
    expect(checkDecoder(null, 'f')).toBeNull();
    expect(() => checkDecoder({ type: 'toString' }, 'f')).toThrow(refused('tokenizer-unsupported'));
    expect(() => checkDecoder({ type: 'WordPiece', prefix: 3 }, 'f')).toThrow(refused('tokenizer-damaged'));
  });
});

describe('what stands around a text', () => {
  const special = (id: string): object => ({ SpecialToken: { id, type_id: 0 } });
  const text = { Sequence: { id: 'A', type_id: 0 } };
  const template = (single: unknown, tokens: object = {}): object => ({
    type: 'TemplateProcessing',
    single,
    special_tokens: tokens,
  });

  test('by name, or by the ids the file gives', () => {
    expect(readPostProcessor(template([special('<s>'), text, special('</s>')]), ids, 'f')).toEqual({
      prefix: [7],
      suffix: [8],
    });
    expect(
      readPostProcessor(template([special('X'), text], { X: { ids: [1, 2] } }), ids, 'f').prefix,
    ).toEqual([1, 2]);
  });

  test('BERT and sequences of both', () => {
    const bert = { type: 'BertProcessing', cls: ['[CLS]', 3], sep: ['[SEP]', 4] };
    expect(readPostProcessor(bert, ids, 'f')).toEqual({ prefix: [3], suffix: [4] });
    const both = { type: 'Sequence', processors: [{ type: 'ByteLevel' }, bert, template([text])] };
    expect(readPostProcessor(both, ids, 'f')).toEqual({ prefix: [3], suffix: [4] });
    // HF's library takes what the first writes for a text of its own.
    const twice = { type: 'Sequence', processors: [bert, template([special('<s>'), text])] };
    expect(() => readPostProcessor(twice, ids, 'f')).toThrow(refused('tokenizer-unsupported'));
    expect(readPostProcessor(null, ids, 'f')).toEqual({ prefix: [], suffix: [] });
  });

  test.each([
    [template([special('unknown'), text])],
    [template([special('<s>')])],
    [template('x')],
    [{ type: 'BertProcessing' }],
    [{ type: 'Sequence' }],
  ])('%j is damaged', (config) => {
    expect(() => readPostProcessor(config, ids, 'f')).toThrow(refused('tokenizer-damaged'));
  });

  test('a text twice is unsupported', () => {
    expect(() => readPostProcessor(template([text, text]), ids, 'f')).toThrow(
      refused('tokenizer-unsupported'),
    );
  });
});

test.each([-1, 1.5, 2 ** 30, '1', null])('%j is no id', (id) => {
  expect(() => checkId(id, 'f')).toThrow(refused('tokenizer-damaged'));
});
