/** @file Named dimensions in one call. */
import { expect, test } from 'vitest';
import { concreteShape } from '../../../runtime/graph/sizes.ts';

test('a shape is worked out from the sizes of a call, products too', () => {
  expect(concreteShape(['tokens', 4, '9*tokens', 'queries*3*tokens'], { tokens: 5, queries: 2 })).toEqual([
    5, 4, 45, 30,
  ]);
  expect(() => concreteShape(['9*rows'], { tokens: 5 })).toThrow('size rows of 9*rows is not given');
});
