/** @file Unsloth Studio's own: sections, steps or epochs, groups of modules. */
import { expect, test } from 'vitest';
import { unslothStudio } from '../../../../runtime/config/import/unslothStudio.ts';

const rule = (key: string, value: unknown, all = {}) => unslothStudio.rules[key]!(value, all);

test('sections become dotted keys; anything else stays', () => {
  expect(unslothStudio.flatten!({ model: 'm', lora: { lora_r: 8 }, training: 'x' })).toEqual({
    model: 'm',
    'lora.lora_r': 8,
    training: 'x',
  });
});

test('0 epochs or steps mean the other one', () => {
  expect(rule('training.num_epochs', 0)).toMatchObject({ kind: 'same' });
  expect(rule('training.max_steps', 30)).toMatchObject({ to: 'training.steps', value: 30 });
});

test('groups that are left out are named', () => {
  expect(rule('lora.finetune_mlp_modules', false)).toMatchObject({ kind: 'none' });
  expect(rule('data.local_dataset', ['a.jsonl', 'b.jsonl'])).toMatchObject([
    { value: 'a.jsonl' },
    { kind: 'none' },
  ]);
});

test('steps of warm-up win over a share where they are above 0', () => {
  const [steps, share] = ['training.warmup_steps', 'training.warmup_ratio'];
  expect(rule(steps, 10, { [share]: 0.1 })).toMatchObject({ value: 10 });
  expect(rule(share, 0.1, { [steps]: 10 })).toMatchObject({ kind: 'same' });
  expect(rule(steps, 0, { [share]: 0.1 })).toMatchObject({ kind: 'same' });
  expect(rule(share, 0.1, { [steps]: 0 })).toMatchObject({ value: 0.1 });
  expect(rule(steps, 0)).toMatchObject({ to: 'training.warmup', value: 0 });
  expect(rule(steps, 10, { 'training.lr_scheduler_type': 'constant' })).toMatchObject({ kind: 'same' });
});
