/** @file Start values: bounds, and that nothing but the source of random numbers decides them. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fillInitial } from '../../../runtime/methods/init.ts';
import { uniform } from '../../../runtime/train/random.ts';

const filled = (
  init: Parameters<typeof fillInitial>[1],
  inputs: number,
  seed: number,
  count = 400,
): Float32Array => {
  const data = new Float32Array(count).fill(Number.NaN);
  fillInitial(data, init, inputs, uniform(seed));
  return data;
};

it('are zeros and ones where they should be, without a random number', () => {
  const none = (): number => {
    throw new Error('asked for a random number');
  };
  for (const [init, value] of [
    ['zeros', 0],
    ['ones', 1],
  ] as const) {
    const data = new Float32Array(9).fill(7);
    fillInitial(data, init, 3, none);
    expect(data).toEqual(new Float32Array(9).fill(value));
  }
});

it('lie within 1 / sqrt(inputs), fill it, and have no side', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4096 }), fc.nat(), (inputs, seed) => {
      const bound = Math.fround(1 / Math.sqrt(inputs));
      const data = filled('kaiming-uniform', inputs, seed);
      const sizes = data.map(Math.abs);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(bound);
      expect(Math.max(...sizes)).toBeGreaterThan(0.9 * bound);
      // the mean of 400 has a deviation of bound / sqrt(1200); six of them
      const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
      expect(Math.abs(mean)).toBeLessThan((6 * bound) / Math.sqrt(1200));
    }),
  );
});

it('follow from the source of random numbers alone, row by row', () => {
  expect(filled('kaiming-uniform', 16, 5)).toEqual(filled('kaiming-uniform', 16, 5));
  expect(filled('kaiming-uniform', 16, 5)).not.toEqual(filled('kaiming-uniform', 16, 6));
  // a larger tensor begins like a smaller one
  expect(filled('kaiming-uniform', 16, 5, 800).subarray(0, 400)).toEqual(filled('kaiming-uniform', 16, 5));
});
