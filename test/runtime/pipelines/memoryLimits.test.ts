/** @file Runs that are too large: the step's shapes and the setting to change. */
import { expect, test } from 'vitest';
import { memoryRanOut, refuseTooLarge } from '../../../runtime/pipelines/memoryLimits.ts';
import { runConfig } from '../../support/runConfig.ts';

type Setup = Parameters<typeof refuseTooLarge>[1];
const lengths = [30, 1000, 20, 500];
const setup = (total: number): Setup =>
  ({
    estimate: { total, activations: 3e9, weights: 5e8 },
    train: { rows: lengths.length, length: (row: number) => lengths[row]! },
  }) as unknown as Setup;

test('what fits is not refused, what does not is, with rows, tokens and bytes', () => {
  const config = runConfig('runs', { batch: 2 });
  expect(() => {
    refuseTooLarge(config, setup(1e6));
  }).not.toThrow();
  expect(() => {
    refuseTooLarge(config, setup(1e18));
  }).toThrow(/2 rows of up to 1,000 tokens, 1,500 in all; its activations take 3.0 GB, weights 500 MB/);
});

test('where memory ran out, the hint names what this config has', () => {
  const cause = new Error('bad_alloc');
  const config = runConfig('runs', { tokens: 600 });
  const error = memoryRanOut(config, setup(4e9), cause);
  expect(error).toMatchObject({ code: 'out-of-memory', cause });
  expect(error.message).toContain('1 row of up to 1,000 tokens');
  expect(error.hint).toBe('Set "memory" to "low", or lower training.tokens or data.length.');
  expect(memoryRanOut({ ...config, memory: 'low' }, setup(4e9), cause).hint).toBe(
    'Lower training.tokens or data.length.',
  );
});
