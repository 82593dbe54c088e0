/** @file Unsloth Studio's own: sections, steps or epochs, groups of modules. */
import { expect, test } from 'vitest';
import { unslothStudio } from '../../../../runtime/config/import/unslothStudio.ts';

const rule = (key: string, value: unknown) => unslothStudio.rules[key]!(value, {});

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
