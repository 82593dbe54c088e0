/** @file Learning rates: the written formulas, their ends, and warm-up as a share or a number of steps. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { learningRateAt, warmupSteps } from '../../../runtime/train/schedule.ts';

type Schedule = 'constant' | 'linear' | 'cosine';
const rates = (schedule: Schedule, warmup: number, steps: number): number[] =>
  Array.from({ length: steps }, (_, t) => learningRateAt({ learningRate: 2, schedule, warmup }, t, steps));

const close = (actual: readonly number[], expected: readonly number[]): void => {
  expect(actual.length).toBe(expected.length);
  actual.forEach((rate, i) => {
    expect(rate).toBeCloseTo(expected[i]!, 12);
  });
};

describe('without warm-up', () => {
  test('constant stays', () => {
    close(rates('constant', 0, 4), [2, 2, 2, 2]);
  });
  test('linear falls by equal parts and would be zero one step later', () => {
    close(rates('linear', 0, 4), [2, 1.5, 1, 0.5]);
  });
  test('cosine falls along half a period', () => {
    close(rates('cosine', 0, 4), [2, 1 + Math.SQRT1_2, 1, 1 - Math.SQRT1_2]);
  });
});

describe('warm-up', () => {
  test('rises by equal parts to the whole rate at its last step; the schedule has the rest', () => {
    close(rates('constant', 4, 6), [0.5, 1, 1.5, 2, 2, 2]);
    close(rates('linear', 2, 6), [1, 2, 2, 1.5, 1, 0.5]);
    close(rates('cosine', 2, 6), [1, 2, 2, 1 + Math.SQRT1_2, 1, 1 - Math.SQRT1_2]);
  });

  test('below 1 is a share of the steps, from 1 on a number of them, never more than all', () => {
    expect(warmupSteps(0, 100)).toBe(0);
    expect(warmupSteps(0.05, 200)).toBe(10);
    expect(warmupSteps(0.03, 10)).toBe(1);
    expect(warmupSteps(0.999, 10)).toBe(10);
    expect(warmupSteps(1, 100)).toBe(1);
    expect(warmupSteps(30, 100)).toBe(30);
    expect(warmupSteps(300, 100)).toBe(100);
    close(rates('cosine', 0.5, 4), rates('cosine', 2, 4));
    close(rates('linear', 9, 3), [2 / 3, 4 / 3, 2]);
  });
});

test('every rate lies above zero and at most at the configured one, and never rises after the warm-up', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<Schedule>('constant', 'linear', 'cosine'),
      fc.oneof(fc.double({ min: 0, max: 0.99, noNaN: true }), fc.integer({ min: 1, max: 50 })),
      fc.integer({ min: 1, max: 60 }),
      (schedule, warmup, steps) => {
        const all = rates(schedule, warmup, steps);
        expect(all.every((rate) => rate > 0 && rate <= 2)).toBe(true);
        const after = all.slice(warmupSteps(warmup, steps));
        expect(after.every((rate, i) => i === 0 || rate <= after[i - 1]!)).toBe(true);
      },
    ),
    { numRuns: 200, seed: 31 },
  );
});
