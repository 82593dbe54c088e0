/** @file The loss of a token in words. */
import { expect, test } from 'vitest';
import { heatText } from '../../../src/data/heat.ts';

test('the loss, and the probability that it stands for', () => {
  expect(heatText(1.94)).toBe('loss 1.94 · 14 % probable');
});
