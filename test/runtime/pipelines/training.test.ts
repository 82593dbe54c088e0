/** @file What the memory estimate is made for: no micro-batch of the run may be larger. */
import { expect, test } from 'vitest';
import { largestBatch } from '../../../runtime/train/estimate.ts';

const data = (...lengths: number[]): Parameters<typeof largestBatch>[1] => ({
  rows: lengths.length,
  length: (row) => lengths[row]!,
});
const total = (lengths: readonly number[]): number => lengths.reduce((a, b) => a + b, 0);

test('a number of rows: the longest ones', () => {
  expect(largestBatch({ batch: 2 }, data(3, 9, 5))).toEqual([9, 5]);
  expect(largestBatch({ batch: 4 }, data(3, 9))).toEqual([9, 3]);
});

test('a budget of tokens is filled to its end, whatever rows make it up', () => {
  expect(total(largestBatch({ batch: 1, tokens: 100 }, data(60, 50, 40, 30, 10)))).toBe(100);
  expect(largestBatch({ batch: 1, tokens: 100 }, data(10, 20))).toEqual([20, 10]);
});

test('a row longer than the budget comes alone', () => {
  expect(largestBatch({ batch: 1, tokens: 100 }, data(50, 150, 50))).toEqual([150]);
});
