/** @file axolotl's own: several data sets, formats with columns, what stands in another key's place. */
import { expect, test } from 'vitest';
import { axolotl } from '../../../../runtime/config/import/axolotl.ts';

const rule = (key: string, value: unknown, all = {}) => axolotl.rules[key]!(value, all);

test('every linear wins over a list of names', () => {
  expect(rule('lora_target_modules', ['q_proj'], { lora_target_linear: true })).toMatchObject({
    kind: 'same',
  });
  expect(rule('lora_target_linear', true)).toMatchObject({ to: 'method.targets', value: 'all-linear' });
});

test('a share is held out, a number of rows is not', () => {
  expect(rule('val_set_size', 0.05)).toMatchObject({ to: 'data.validation', value: 0.05 });
  expect(rule('val_set_size', 500)).toMatchObject({ kind: 'none' });
  expect(rule('val_set_size', 0, { test_datasets: [{ path: 'a.jsonl' }] })).toMatchObject({ kind: 'same' });
  expect(rule('val_set_size', 0.05, { test_datasets: [] })).toMatchObject({ to: 'data.validation' });
});

test('steps decide where epochs are given too', () => {
  expect(rule('num_epochs', 4)).toMatchObject({ to: 'training.epochs', value: 4 });
  expect(rule('num_epochs', 4, { max_steps: 40 })).toMatchObject({ kind: 'same' });
  expect(rule('num_epochs', 4, { max_steps: -1 })).toMatchObject({ to: 'training.epochs' });
});

test('"constant" has no warm-up', () => {
  expect(rule('lr_scheduler', 'constant')).toMatchObject([{ value: 'constant' }, { value: 0 }]);
  expect(rule('warmup_steps', 10, { lr_scheduler: 'constant' })).toMatchObject({ kind: 'same' });
  expect(rule('warmup_ratio', 0.1, { lr_scheduler: 'constant_with_warmup' })).toMatchObject({ value: 0.1 });
});

test('the best is kept only where each checkpoint falls on an evaluation', () => {
  const [fits, differs] = [
    { save_steps: 40, eval_steps: 20 },
    { save_steps: 50, eval_steps: 20 },
  ];
  const best = 'load_best_model_at_end';
  expect(rule(best, null)).toMatchObject({ to: 'training.keepBest', value: false });
  expect(rule(best, null, fits)).toMatchObject({ kind: 'same' });
  expect(rule(best, true, fits)).toMatchObject({ value: true });
  expect(rule(best, true, differs)).toMatchObject({ value: false, note: expect.any(String) as string });
  expect(rule(best, false, fits)).toEqual({ kind: 'set', to: 'training.keepBest', value: false });
  expect(rule(best, false, { ...fits, early_stopping_patience: 2 })).toMatchObject({ value: true });
});
