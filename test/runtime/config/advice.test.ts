/** @file Spans that numbers usually lie in: their ends are still usual. */
import { describe, expect, test } from 'vitest';
import { stepAdvice } from '../../../runtime/config/advice.ts';
import { configFolder } from '../../support/configFolder.ts';
import { runConfig } from '../../support/runConfig.ts';

const { minimal, problems } = configFolder();
const withKeys = (part: string): string[] => problems(`{ ${minimal}, ${part} }`);

describe('usual values have no advice', () => {
  test.each([
    '"training": { "learningRate": 0.02, "betas": [0.9, 0.98], "weightDecay": 0.1 }',
    '"training": { "learningRate": 1e-6 }',
    '"training": { "optimizer": "sgd", "learningRate": 1, "momentum": 0.9 }',
    '"training": { "steps": 10 }',
    '"method": { "dropout": 0.49, "targets": ["q_proj", "v_proj"] }',
  ])('%s', (part) => {
    expect(withKeys(part)).toEqual([]);
  });
});

test('beyond them there is', () => {
  expect(withKeys('"training": { "optimizer": "sgd", "learningRate": 11 }')).toEqual([
    'warning learning-rate-high 11',
  ]);
  expect(withKeys('"training": { "betas": [0.9999, 0.9] }')).toEqual([
    'warning betas-unstable [0.9999, 0.9]',
  ]);
});

test('the number of steps speaks only of keys that were given', () => {
  const { training, data, ...rest } = runConfig('runs', {
    evaluateEvery: 500,
    checkpointEvery: 500,
    warmup: 0,
  });
  const config = { ...rest, training, data: { ...data, validation: 0.1 } };
  const at = () => ({ offset: 0, length: 0 });
  const codes = (keys: readonly string[]) =>
    stepAdvice(config, { at, gives: (_, key) => keys.includes(key) }, 100).map(({ code }) => code);
  expect(codes([])).toEqual([]);
  expect(codes(['evaluateEvery', 'checkpointEvery'])).toEqual(['interval-long', 'interval-long']);
});
