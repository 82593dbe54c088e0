/** @file Tokenised rows: labels and padding as other tools write them. */
import { describe, expect, test } from 'vitest';
import { tokenised } from '../../../../runtime/data/formats/tokenised.ts';

test('labels, padding cut off', () => {
  const row = { input_ids: [5, 6, 7, 0], labels: [-100, 6, 7, -100], attention_mask: [1, 1, 1, 0] };
  expect(tokenised.fits(row)).toBe(true);
  expect(tokenised.read(row)).toEqual({ kind: 'tokens', ids: [5, 6, 7], mask: Uint8Array.of(0, 1, 1) });
});

test('without labels everything is trained', () => {
  expect(tokenised.read({ input_ids: [5, 6], labels: null })).toEqual({
    kind: 'tokens',
    ids: [5, 6],
    mask: Uint8Array.of(1, 1),
  });
});

test('lists as Parquet gives them', () => {
  expect(tokenised.read({ input_ids: BigInt64Array.of(5n, 6n), labels: Int32Array.of(-100, 6) })).toEqual({
    kind: 'tokens',
    ids: [5, 6],
    mask: Uint8Array.of(0, 1),
  });
});

test.each([
  [{ input_ids: 'x' }, /"input_ids" that is a text/],
  [{ input_ids: [] }, /no tokens/],
  [{ input_ids: [-100] }, /negative/],
  [{ input_ids: [2 ** 31] }, /no token id/],
  [{ input_ids: [1.5] }, /1.5 in "input_ids"/],
  [{ input_ids: [1, 2], labels: [1] }, /2 input_ids and 1 labels/],
  [{ input_ids: [1, 2], labels: [2, -100] }, /label 2 for token 0/],
  [{ input_ids: [1, 2], attention_mask: [1] }, /1 attention_mask/],
  [{ input_ids: [1, 2], attention_mask: [0, 0] }, /without a token/],
  [{ input_ids: [1, 2, 3], attention_mask: [1, 0, 1] }, /zeros before/],
])('%j', (row, message) => {
  expect(() => tokenised.read(row)).toThrow(message);
});

describe('for a base that classifies', () => {
  test('a class, under either name, and types of tokens', () => {
    const row = {
      input_ids: [5, 6, 7, 0],
      label: 2,
      attention_mask: [1, 1, 1, 0],
      token_type_ids: [0, 0, 1, 0],
    };
    expect(tokenised.read(row, 'classification')).toEqual({
      kind: 'tokens',
      ids: [5, 6, 7],
      mask: new Uint8Array(3),
      label: 2,
      second: Uint8Array.of(0, 0, 1),
    });
    expect(tokenised.read({ input_ids: [5], labels: 1n }, 'classification')).toMatchObject({ label: 1 });
  });

  test.each([
    [{ input_ids: [5] }, 'has "label" that is missing'],
    [{ input_ids: [5], label: 'good' }, 'has "label" that is a text'],
    [{ input_ids: [5], label: 0, token_type_ids: [2] }, 'other than 0 and 1'],
    [{ input_ids: [5, 6], label: 0, token_type_ids: [0] }, '2 input_ids and 1 token_type_ids'],
  ])('%j is refused', (row, said) => {
    expect(() => tokenised.read(row, 'classification')).toThrow(said);
  });
});

describe('for a base that writes about a text', () => {
  test('labels are targets of their own length; padding goes', () => {
    const row = { input_ids: [5, 6], labels: [7, 8, 1, -100] };
    expect(tokenised.read(row, 'seq2seq')).toEqual({
      kind: 'tokens',
      ids: [5, 6, 7, 8, 1],
      mask: Uint8Array.of(0, 0, 1, 1, 1),
      second: Uint8Array.of(0, 0, 1, 1, 1),
    });
  });

  test.each([
    [{ input_ids: [5], labels: [-100] }, 'without a target'],
    [{ input_ids: [5], labels: [7, -100, 8] }, 'before their end'],
  ])('%j is refused', (row, said) => {
    expect(() => tokenised.read(row, 'seq2seq')).toThrow(said);
  });
});
