/** @file "Did you mean". */
import { expect, test } from 'vitest';
import { didYouMean, editDistance, nearestNames } from '../../../runtime/config/nearest.ts';

test.each([
  ['', '', 0],
  ['abc', '', 3],
  ['kitten', 'sitting', 3],
  ['rnak', 'rank', 1],
  ['x'.repeat(5000), 'x'.repeat(9000), 0],
])('distance of %s and %s', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

test('case and separators are no mistake, far names are not offered', () => {
  const keys = ['learningRate', 'batch', 'betas', 'rank'];
  expect(nearestNames('learning_rate', keys)).toEqual(['learningRate']);
  expect(nearestNames('batas', keys)).toEqual(['betas']);
  expect(nearestNames('optimizer', keys)).toEqual([]);
  expect(didYouMean([])).toBeUndefined();
});
