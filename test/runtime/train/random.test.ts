/** @file Random numbers from keys: uniform, well spread, and decided by every part of the key. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashKey, mixBits, permutation, uniform } from '../../../runtime/train/random.ts';

const draws = (key: number, count: number): number[] => {
  const next = uniform(key);
  return Array.from({ length: count }, next);
};
const mean = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;

describe('a key', () => {
  test('is decided by its parts, their order and where one ends', () => {
    const keys = [
      hashKey('ab', 'c'),
      hashKey('a', 'bc'),
      hashKey('abc'),
      hashKey('c', 'ab'),
      hashKey('', 'abc'),
      hashKey('abc', ''),
      hashKey(1, 23),
      hashKey(12, 3),
      hashKey(123),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(hashKey('rows', 5, 0)).toBe(hashKey('rows', 5, 0));
  });

  test('is a whole number of 32 bits', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.integer())), (parts) => {
        const key = hashKey(...parts);
        expect(key).toBe(key >>> 0);
      }),
      { numRuns: 200, seed: 21 },
    );
  });

  test('collides no more than chance among steps and rows', () => {
    const keys = new Set<number>();
    for (let step = 0; step < 100; step++)
      for (let row = 0; row < 200; row++) keys.add(hashKey('dropout', 7, step, row));
    // 20,000 of 2^32: 0.05 collisions are expected
    expect(keys.size).toBeGreaterThanOrEqual(19_998);
  });
});

test('mixing is one to one and flips half of the bits for each bit of its input', () => {
  expect(new Set(Array.from({ length: 50_000 }, (_, i) => mixBits(i))).size).toBe(50_000);
  for (let bit = 0; bit < 32; bit++) {
    const flips = Array.from({ length: 400 }, (_, i) => {
      const x = Math.imul(i + 1, 0x9e3779b1);
      return (mixBits(x) ^ mixBits(x ^ (1 << bit))).toString(2).replace(/[-0]/g, '').length;
    });
    expect(mean(flips)).toBeGreaterThan(11);
    expect(mean(flips)).toBeLessThan(21);
  }
});

describe('uniform numbers', () => {
  test('have the mean and variance of U(0, 1), whatever the key', () => {
    for (const key of [0, 1, 2, 0xffffffff, hashKey('init', 0, 'a')]) {
      const numbers = draws(key, 40_000);
      const middle = mean(numbers);
      // standard errors 0.0014 and 0.0004
      expect(Math.abs(middle - 1 / 2)).toBeLessThan(0.006);
      expect(Math.abs(mean(numbers.map((x) => (x - middle) ** 2)) - 1 / 12)).toBeLessThan(0.002);
      expect(numbers.every((x) => x >= 0 && x < 1)).toBe(true);
    }
  });

  test('of neighbouring keys have nothing in common', () => {
    const [a, b] = [draws(1, 20_000), draws(2, 20_000)];
    const product = mean(a.map((x, i) => (x - 0.5) * (b[i]! - 0.5)));
    expect(Math.abs(product * 12)).toBeLessThan(0.03);
    // the first number is as uniform over keys as any other
    expect(Math.abs(mean(Array.from({ length: 10_000 }, (_, key) => draws(key, 1)[0]!)) - 0.5)).toBeLessThan(
      0.012,
    );
  });

  test('come again from the same key', () => {
    expect(draws(5, 10)).toEqual(draws(5, 10));
    expect(draws(5, 10)).not.toEqual(draws(6, 10));
  });
});

describe('a permutation', () => {
  test('holds each number once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), fc.integer(), (count, key) => {
        const order = permutation(count, key);
        expect(Array.from(order).sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
        expect(order).toEqual(permutation(count, key));
      }),
      { numRuns: 100, seed: 22 },
    );
  });

  test('is each of the six of three numbers about as often', () => {
    const counts = new Map<string, number>();
    for (let key = 0; key < 6000; key++) {
      const order = permutation(3, key).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // 1000 each, standard deviation 29
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});
