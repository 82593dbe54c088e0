/** @file Which rows a step learns from: all rows once an epoch, by seed and step number alone, within their budgets. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Sampler } from '../../../runtime/train/sampler.ts';
import type { SamplerConfig, StepRows } from '../../../runtime/train/sampler.ts';

const usual: SamplerConfig = { epochs: 2, batch: 2, accumulate: 1, seed: 3, shuffle: true };

/** Row n is named 10 n, so that a row's number can't be mistaken for its place. */
const named = (count: number): number[] => Array.from({ length: count }, (_, n) => 10 * n);
const lengthOf = (row: number): number => 1 + ((row * 7) % 23);

const samplerOf = (count: number, config: Partial<SamplerConfig> = {}): Sampler =>
  new Sampler(named(count), lengthOf, { ...usual, ...config });
const stepsOf = (sampler: Sampler, count = sampler.totalSteps()): { epoch: number; rows: StepRows }[] =>
  Array.from({ length: count }, (_, t) => sampler.step(t));
const sorted = (rows: readonly number[]): number[] => [...rows].sort((a, b) => a - b);

const configs = fc.record({
  count: fc.integer({ min: 1, max: 40 }),
  epochs: fc.integer({ min: 1, max: 3 }),
  batch: fc.integer({ min: 1, max: 9 }),
  accumulate: fc.integer({ min: 1, max: 4 }),
  seed: fc.integer({ min: 0, max: 1000 }),
  shuffle: fc.boolean(),
  budget: fc.option(fc.integer({ min: 1, max: 80 }), { nil: undefined }),
});

const property = (check: (sampler: Sampler, config: SamplerConfig & { count: number }) => void): void => {
  fc.assert(
    fc.property(configs, ({ count, budget, ...rest }) => {
      const config = { ...rest, ...(budget !== undefined && { tokens: budget }) };
      check(samplerOf(count, config), { ...config, count });
    }),
    { numRuns: 150, seed: 41 },
  );
};

describe('whatever the config', () => {
  test('each row comes once an epoch, and steps never reach over an epoch’s end', () => {
    property((sampler, { count, epochs }) => {
      const steps = stepsOf(sampler);
      for (let epoch = 0; epoch < epochs; epoch++) {
        const rows = steps.filter((step) => step.epoch === epoch).flatMap((step) => step.rows.flat());
        expect(sorted(rows)).toEqual(named(count));
      }
      expect(steps.map(({ epoch }) => epoch)).toEqual(sorted(steps.map(({ epoch }) => epoch)));
      // the step after the last begins the next epoch
      expect(sampler.step(steps.length).epoch).toBe(epochs);
    });
  });

  test('a step follows from its number alone', () => {
    property((sampler, { count, ...config }) => {
      const steps = stepsOf(sampler);
      const last = steps.length - 1;
      // a resumed run asks for a late step first, and an earlier one is still what it was
      const resumed = samplerOf(count, config);
      expect(resumed.step(last)).toEqual(steps[last]);
      expect(resumed.step(0)).toEqual(steps[0]);
      expect(resumed.step(last >> 1)).toEqual(steps[last >> 1]);
      expect(resumed.totalSteps()).toBe(steps.length);
    });
  });

  test('micro-batches keep to their size, and all but an epoch’s last step have all of theirs', () => {
    property((sampler, { batch, tokens, accumulate }) => {
      const steps = stepsOf(sampler);
      steps.forEach(({ epoch, rows }, t) => {
        const ends = steps[t + 1]?.epoch !== epoch;
        if (ends) expect(rows.length).toBeLessThanOrEqual(accumulate);
        else expect(rows.length).toBe(accumulate);
        for (const [i, micro] of rows.entries()) {
          const used = micro.reduce((sum, row) => sum + lengthOf(row), 0);
          if (tokens !== undefined) expect(micro.length === 1 || used <= tokens).toBe(true);
          else if (ends && i === rows.length - 1) expect(micro.length).toBeLessThanOrEqual(batch);
          else expect(micro.length).toBe(batch);
        }
      });
    });
  });

  test('a budget is filled before the next micro-batch begins', () => {
    property((sampler, { tokens }) => {
      if (tokens === undefined) return;
      const steps = stepsOf(sampler);
      const micro = steps.filter(({ epoch }) => epoch === 0).flatMap(({ rows }) => rows);
      micro.slice(1).forEach((rows, i) => {
        const before = micro[i]!.reduce((sum, row) => sum + lengthOf(row), 0);
        expect(before + lengthOf(rows[0]!)).toBeGreaterThan(tokens);
      });
    });
  });
});

describe('the order', () => {
  test('is the file’s without shuffling', () => {
    const steps = stepsOf(samplerOf(5, { shuffle: false, epochs: 1 }));
    expect(steps.map(({ rows }) => rows)).toEqual([[[0, 10]], [[20, 30]], [[40]]]);
    expect(
      stepsOf(samplerOf(5, { shuffle: false, epochs: 1, accumulate: 2 })).map(({ rows }) => rows),
    ).toEqual([
      [
        [0, 10],
        [20, 30],
      ],
      [[40]],
    ]);
  });

  test('differs by seed and by epoch', () => {
    const epochOf = (sampler: Sampler, epoch: number): number[] =>
      stepsOf(sampler)
        .filter((step) => step.epoch === epoch)
        .flatMap(({ rows }) => rows.flat());
    const sampler = samplerOf(30);
    expect(epochOf(sampler, 0)).not.toEqual(epochOf(sampler, 1));
    expect(epochOf(sampler, 0)).not.toEqual(epochOf(samplerOf(30, { seed: 4 }), 0));
    expect(epochOf(sampler, 0)).not.toEqual(named(30));
  });

  test('does not depend on how it is cut', () => {
    const rows = (config: Partial<SamplerConfig>): number[] =>
      stepsOf(samplerOf(24, { epochs: 1, ...config })).flatMap((step) => step.rows.flat());
    expect(rows({ batch: 8 })).toEqual(rows({ batch: 1, accumulate: 8 }));
    expect(rows({ tokens: 40 })).toEqual(rows({ batch: 1 }));
  });
});

describe('the number of steps', () => {
  test('is the configured one, over as many epochs as it takes', () => {
    const sampler = samplerOf(5, { steps: 8 });
    expect(sampler.totalSteps()).toBe(8);
    expect(stepsOf(sampler).map(({ epoch }) => epoch)).toEqual([0, 0, 0, 1, 1, 1, 2, 2]);
  });

  test('of one epoch is that of the first', () => {
    for (const config of [{}, { tokens: 50 }, { accumulate: 3, steps: 100 }]) {
      const sampler = samplerOf(40, config);
      const first = stepsOf(sampler, 60).filter(({ epoch }) => epoch === 0);
      expect(sampler.stepsPerEpoch()).toBe(first.length);
    }
  });

  test('of a part of an epoch is that part, rounded up', () => {
    expect(samplerOf(10, { epochs: 0.5 }).totalSteps()).toBe(3);
    expect(samplerOf(10, { epochs: 1.5 }).totalSteps()).toBe(8);
    const tokens = samplerOf(40, { tokens: 50, epochs: 1.5 });
    const whole = (epoch: number): number =>
      stepsOf(tokens, 60).filter((step) => step.epoch === epoch).length;
    expect(tokens.totalSteps()).toBe(whole(0) + Math.ceil(whole(1) / 2));
  });
});
