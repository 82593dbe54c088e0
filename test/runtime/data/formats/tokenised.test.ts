/** @file Tokenised rows: labels and padding as other tools write them. */
import { expect, test } from 'vitest';
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
