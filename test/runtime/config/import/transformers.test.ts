/** @file Keys of TrainingArguments: warm-ups, betas, strategies. */
import { expect, test } from 'vitest';
import { trainingFamilies, trainingRules } from '../../../../runtime/config/import/transformers.ts';

const rule = (key: string, value: unknown, all = {}) => trainingRules[key]!(value, all);

test('a number of warm-up steps stands in the place of a share', () => {
  expect(rule('warmup_ratio', 0.1, { warmup_steps: 10 })).toMatchObject({ kind: 'same' });
  expect(rule('warmup_ratio', 0.1, { warmup_steps: 0 })).toMatchObject({ to: 'training.warmup', value: 0.1 });
  expect(rule('warmup_steps', 0, { warmup_ratio: 0.1 })).toMatchObject({ kind: 'same' });
  expect(rule('warmup_steps', 0)).toMatchObject({ to: 'training.warmup', value: 0 });
});

test('"constant" has no warm-up, whatever else is given; "constant_with_warmup" has one', () => {
  expect(rule('lr_scheduler_type', 'constant')).toMatchObject([
    { to: 'training.schedule', value: 'constant' },
    { to: 'training.warmup', value: 0 },
  ]);
  for (const [key, value] of Object.entries({ warmup_steps: 10, warmup_ratio: 0.1 })) {
    expect(rule(key, value, { lr_scheduler_type: 'constant' })).toMatchObject({ kind: 'same' });
    expect(rule(key, value, { lr_scheduler_type: 'constant_with_warmup' })).toMatchObject({ value });
  }
  expect(rule('lr_scheduler_type', 'constant_with_warmup')).toMatchObject({ value: 'constant' });
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

test.each([
  ['eval_strategy', 'eval_steps', 'training.evaluateEvery'],
  ['evaluation_strategy', 'eval_steps', 'training.evaluateEvery'],
  ['save_strategy', 'save_steps', 'training.checkpointEvery'],
])('steps count only under %s: steps, or where it is silent', (strategy, steps, to) => {
  for (const given of [{}, { [strategy]: null }, { [strategy]: 'steps' }])
    expect(rule(steps, 100, given)).toMatchObject({ to, value: 100 });
  for (const other of ['no', false, 'epoch'])
    expect(rule(steps, 100, { [strategy]: other })).toMatchObject({ kind: 'same' });
  expect(rule(strategy, false)).toMatchObject({ to, value: 0 });
});

test('of two spellings of a strategy the old one decides', () => {
  const both = { evaluation_strategy: 'no', eval_strategy: 'steps' };
  expect(rule('evaluation_strategy', 'no', both)).toMatchObject({ value: 0 });
  expect(rule('eval_strategy', 'steps', both)).toMatchObject({ kind: 'same' });
  expect(rule('eval_steps', 100, both)).toMatchObject({ kind: 'same' });
});

test('a family of keys has its reason', () => {
  const reason = (key: string) => trainingFamilies.find(([pattern]) => pattern.test(key))?.[1];
  expect(reason('wandb_project')).toContain('recorded locally');
  expect(reason('deepspeed')).toContain('one process');
  expect(reason('learning_rate')).toBeUndefined();
});
