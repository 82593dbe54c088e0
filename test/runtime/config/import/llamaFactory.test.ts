/** @file LLaMA-Factory's own: names of data sets, stages, its defaults. */
import { expect, test } from 'vitest';
import { llamaFactory } from '../../../../runtime/config/import/llamaFactory.ts';

const rule = (key: string, value: unknown, all = {}) => llamaFactory.rules[key]!(value, all);

test('a data set is a name in dataset_info.json', () => {
  expect(rule('dataset', 'tickets', { dataset_dir: 'corpora' })).toMatchObject([
    { value: 'corpora/tickets.json' },
  ]);
  expect(rule('dataset', 'a,b')).toMatchObject([{ value: 'data/a.json' }, { kind: 'none' }]);
});

test('stages, and tokens that are learned', () => {
  expect(rule('stage', 'sft')).toMatchObject({ kind: 'same' });
  expect(rule('stage', 'pt')).toMatchObject({ to: 'data.trainOn', value: 'all' });
  expect(rule('stage', 'dpo')).toMatchObject({ kind: 'none' });
  expect(rule('mask_history', true)).toMatchObject({ value: 'last' });
});

test('alpha is twice the rank where the file is silent', () => {
  expect(rule('lora_alpha', null, { lora_rank: 4 })).toMatchObject({ value: 8 });
});

test('a file to evaluate on stands in the place of a share', () => {
  expect(rule('eval_dataset', 'held, more')).toMatchObject([
    { to: 'data.validation', value: 'data/held.json' },
    { kind: 'none' },
  ]);
  expect(rule('val_size', 0, { eval_dataset: 'held' })).toMatchObject({ kind: 'same' });
  expect(rule('val_size', 0.1, { eval_dataset: '' })).toMatchObject({ to: 'data.validation', value: 0.1 });
  expect(rule('eval_dataset', '')).toMatchObject({ kind: 'same' });
});

test('a text is learned whole, whatever is said of its history', () => {
  expect(rule('mask_history', true, { stage: 'pt' })).toMatchObject({ kind: 'none' });
  expect(rule('mask_history', true, { train_on_prompt: true })).toMatchObject({ kind: 'none' });
});
