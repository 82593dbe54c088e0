/** @file Rows of merged weights, by hand. */
import { expect, test } from 'vitest';
import { mergeRow } from '../../../runtime/methods/merge.ts';
import type { StoredForm } from '../../../runtime/methods/method.ts';

// A = [[1, 2, 0]], B = [[3], [1]], s = alpha / rank = 2
const form: StoredForm = {
  rank: 1,
  alpha: 2,
  rankStabilized: false,
  tensors: {
    'lora_A.weight': { shape: [1, 3], data: Float32Array.of(1, 2, 0) },
    'lora_B.weight': { shape: [2, 1], data: Float32Array.of(3, 1) },
  },
};

test("a row of LoRA's weight is that of W + s B A", () => {
  const row = Float64Array.of(1, 1, 1);
  mergeRow(row, 0, form);
  expect([...row]).toEqual([7, 13, 1]);
  mergeRow(row, 1, form);
  expect([...row]).toEqual([9, 17, 1]);
});

test("a row of DoRA's is brought to its magnitude", () => {
  const row = Float64Array.of(1, 0, 0);
  const magnitude = { shape: [2], data: Float32Array.of(4, 5) };
  // V = (3, 4, 0) in row 1
  mergeRow(row, 1, { ...form, dora: true, tensors: { ...form.tensors, lora_magnitude_vector: magnitude } });
  expect([...row]).toEqual([3, 4, 0]);
});
