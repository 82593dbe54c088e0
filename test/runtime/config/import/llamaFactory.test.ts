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
