/** @file Colours of losses: one scale for all rows. */
import { expect, test } from 'vitest';
import { heatLevel, heatRamp } from '../../../runtime/contract/heat.ts';

test('each probability has its colour, and what is no number the last one', () => {
  const losses = [0, 0.04, 0.06, 0.3, 1, 2, 3, 4, 9, NaN, Infinity];
  expect(losses.map(heatLevel)).toEqual([0, 0, 1, 2, 3, 4, 5, 6, 7, 7, 7]);
  expect(Math.max(...losses.map(heatLevel))).toBe(heatRamp.length - 1);
});
