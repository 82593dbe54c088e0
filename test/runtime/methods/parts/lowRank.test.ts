/** @file What low-rank methods share: scale, rows of B A, names in PEFT's files. */
import { expect, test } from 'vitest';
import { addLowRank, loraNames, loraScale, storedAs } from '../../../../runtime/methods/parts/lowRank.ts';

test('the scale is alpha / r, or alpha / sqrt r where rank-stabilised', () => {
  expect(loraScale({ rank: 16, alpha: 32, rankStabilized: false })).toBe(2);
  expect(loraScale({ rank: 16, alpha: 32, rankStabilized: true })).toBe(8);
  expect(loraScale({ rank: 1, alpha: 3, rankStabilized: true })).toBe(3);
});

test('a row gets s Σ B[o, k] A[k, :] and no other row', () => {
  const row = Float64Array.of(1, 0);
  addLowRank(
    row,
    1,
    { A: Float32Array.of(1, 2, 3, 4), B: Float32Array.of(9, 9, 1, -1) },
    { rank: 2, scale: 0.5 },
  );
  expect([...row]).toEqual([0, -1]);
});

test('tensors are named as PEFT does, those that are absent left out', () => {
  const A = { shape: [1, 2], data: Float32Array.of(1, 2) };
  expect(storedAs({ A }, loraNames, { rank: 1, alpha: 2, rankStabilized: true })).toEqual({
    tensors: { 'lora_A.weight': A },
    rank: 1,
    alpha: 2,
    rankStabilized: true,
  });
});
