/** @file Keys that contradict each other, or of which one has no effect. */
import { describe, expect, test } from 'vitest';
import { configFolder } from '../../support/configFolder.ts';

const { minimal, problems } = configFolder();

describe('combinations', () => {
  const cases: [string, string[]][] = [
    ['"training": { "tokens": 1024, "batch": 4 }', ['warning option-unused 4']],
    [
      '"training": { "steps": 10, "epochs": 1, "warmup": 10 }',
      ['warning option-unused 1', 'warning warmup-long 10'],
    ],
    ['"training": { "optimizer": "sgd", "eps": 1e-6, "momentum": 0.9 }', ['warning option-unused 1e-6']],
    [
      '"training": { "momentum": 0.9, "decayAll": true, "evaluateEvery": 0 }',
      ['warning option-unused 0.9', 'warning option-unused true'],
    ],
    [
      '"method": { "from": "data", "rank": 8, "dropout": 0.1, "targets": ["q_proj"] }',
      ['error file-missing "data"', 'warning option-unused 8', 'warning option-unused ["q_proj"]'],
    ],
    ['"training": { "patience": 2 }', ['error option-conflict 2']],
    [
      '"training": { "evaluateEvery": 5, "learningRate": 2 }',
      ['warning option-unused 5', 'warning learning-rate-high 2'],
    ],
    ['"method": { "targets": ".*q_proj", "layers": [1] }', ['error option-conflict [1]']],
    [
      '"method": { "targets": "(", "rankPattern": { "*": 2 } }',
      ['error pattern-invalid "("', 'error pattern-invalid "*"'],
    ],
    [
      '"method": { "targets": ["all-linear"], "layers": [] }',
      ['error option-conflict ["all-linear"]', 'error option-conflict []'],
    ],
    ['"method": { "targets": [] }', ['error option-conflict []']],
    ['"method": { "targets": [], "modulesToSave": ["lm_head"] }', []],
    [
      '"method": { "targets": ["lm_head"], "modulesToSave": ["lm_head"] }',
      ['error option-conflict ["lm_head"]'],
    ],
  ];
  test.each(cases)('%s', (part, expected) => {
    expect(problems(`{ ${minimal}, ${part} }`).sort()).toEqual(expected.sort());
  });
});

test('a variant that makes a key of the base config useless says nothing: the base config needs it', () => {
  const quick = '"variants": { "quick": { "training": { "steps": 20 } } }';
  expect(problems(`{ ${minimal}, "training": { "epochs": 4 }, ${quick} }`)).toEqual([]);
  expect(problems(`{ ${minimal}, "training": { "epochs": 4 } }`, { sets: ['training.steps=20'] })).toEqual(
    [],
  );
  const longer = '"variants": { "longer": { "training": { "epochs": 9 } } }';
  expect(problems(`{ ${minimal}, "training": { "steps": 20 }, ${longer} }`)).toEqual([
    'warning option-unused 9',
  ]);
});
