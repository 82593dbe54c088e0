/** @file Keys of TrainingArguments: warm-ups, betas, strategies. */
import { expect, test } from 'vitest';
import { trainingFamilies, trainingRules } from '../../../../runtime/config/import/transformers.ts';

const rule = (key: string, value: unknown, all = {}) => trainingRules[key]!(value, all);

test('a number of warm-up steps stands in the place of a share', () => {
  expect(rule('warmup_ratio', 0.1, { warmup_steps: 10 })).toMatchObject({ kind: 'same' });
  expect(rule('warmup_ratio', 0.1, { warmup_steps: 0 })).toMatchObject({ to: 'training.warmup', value: 0.1 });
  expect(rule('warmup_steps', 0)).toMatchObject({ kind: 'same' });
});

test('two betas are one key', () => {
  expect(rule('adam_beta1', 0.8, { adam_beta2: 0.95 })).toMatchObject({ value: [0.8, 0.95] });
  expect(rule('adam_beta2', 0.95)).toMatchObject({ value: [0.9, 0.95] });
});

test('steps are counted, epochs and shares are not', () => {
  expect(rule('eval_steps', 100)).toMatchObject({ to: 'training.evaluateEvery', value: 100 });
  expect(rule('eval_steps', 0.2)).toMatchObject({ kind: 'none' });
  expect(rule('save_strategy', 'epoch')).toMatchObject({ kind: 'none' });
  expect(rule('eval_strategy', 'no')).toMatchObject({ value: 0 });
});

test('a family of keys has its reason', () => {
  const reason = (key: string) => trainingFamilies.find(([pattern]) => pattern.test(key))?.[1];
  expect(reason('wandb_project')).toContain('recorded locally');
  expect(reason('deepspeed')).toContain('one process');
  expect(reason('learning_rate')).toBeUndefined();
});
