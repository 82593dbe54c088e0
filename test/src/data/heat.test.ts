/** @file Losses as colours. */
import { expect, test } from 'vitest';
import { heatLevel, heatRamp, heatText } from '../../../src/data/heat.ts';

test('levels climb with the loss, and what is not finite is worst', () => {
  const levels = [0, 0.05, 0.3, 1, 2, 3, 5, 9].map(heatLevel);
  expect(levels).toEqual([...levels].sort((a, b) => a - b));
  expect([heatLevel(0), heatLevel(9), heatLevel(NaN), heatLevel(Infinity)]).toEqual([0, 7, 7, 7]);
  expect(heatRamp).toHaveLength(8);
});

test('words', () => {
  expect(heatText(1.94)).toBe('loss 1.94 · 14 % probable');
});
