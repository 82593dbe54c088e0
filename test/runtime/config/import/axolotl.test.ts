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

test('the first data set is taken with its columns, the others are named', () => {
  const type = { field_instruction: 'q', field_output: 'a', format: '{instruction}' };
  expect(rule('datasets', [{ path: 'a.jsonl', type }, { path: 'b' }])).toEqual([
    { kind: 'set', to: 'data.train', value: 'a.jsonl' },
    { kind: 'set', to: 'data.format', value: 'alpaca' },
    { kind: 'set', to: 'data.columns', value: { instruction: 'q', output: 'a' } },
    expect.objectContaining({ kind: 'none' }),
    expect.objectContaining({ kind: 'none' }),
  ]);
  expect(rule('datasets', 'x')).toMatchObject({ kind: 'none' });
});

test('a share is held out, a number of rows is not', () => {
  expect(rule('val_set_size', 0.05)).toMatchObject({ to: 'data.validation', value: 0.05 });
  expect(rule('val_set_size', 500)).toMatchObject({ kind: 'none' });
});

test('steps decide where epochs are given too', () => {
  expect(rule('num_epochs', 4)).toMatchObject({ to: 'training.epochs', value: 4 });
  expect(rule('num_epochs', 4, { max_steps: 40 })).toMatchObject({ kind: 'same' });
  expect(rule('num_epochs', 4, { max_steps: -1 })).toMatchObject({ to: 'training.epochs' });
});
