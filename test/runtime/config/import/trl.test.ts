/** @file TRL's own: which tokens are learned, splits, and the targets that it leaves to PEFT. */
import { expect, test } from 'vitest';
import { trl } from '../../../../runtime/config/import/trl.ts';

const rule = (key: string, value: unknown) => trl.rules[key]!(value, {});

test('losses on answers or on everything', () => {
  expect(rule('completion_only_loss', false)).toMatchObject({ value: 'all' });
  expect(rule('assistant_only_loss', true)).toMatchObject({ value: 'assistant' });
});

test('splits and columns', () => {
  expect(rule('dataset_train_split', 'train')).toMatchObject({ kind: 'same' });
  expect(rule('dataset_train_split', 'train_sft')).toMatchObject({ kind: 'none' });
  expect(rule('dataset_text_field', 'review')).toMatchObject({ value: { text: 'review' } });
});

test('says that PEFT would have chosen the targets', () => {
  expect(trl.unsaid).toHaveProperty('lora_target_modules');
});
