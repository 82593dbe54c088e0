/** @file Lines and columns of offsets. */
import { expect, test } from 'vitest';
import { rangeFinder } from '../../../runtime/config/ranges.ts';

test('offsets become lines and columns from 1, with either line end', () => {
  const range = rangeFinder('ab\ncd\r\n\ne');
  expect(
    [0, 2, 3, 5, 7, 8, 9].map((offset) => range(offset, 1)).map(({ line, column }) => [line, column]),
  ).toEqual([
    [1, 1],
    [1, 3],
    [2, 1],
    [2, 3],
    [3, 1],
    [4, 1],
    [4, 2],
  ]);
});
