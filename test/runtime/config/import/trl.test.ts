/** @file TRL's own: which tokens are learned, splits, and the targets that it leaves to PEFT. */
import { parse } from 'jsonc-parser';
import { describe, expect, test } from 'vitest';
import { importConfig } from '../../../../runtime/config/import/importConfig.ts';
import type { Mapped } from '../../../../runtime/config/import/mapping.ts';
import { trl } from '../../../../runtime/config/import/trl.ts';

const rule = (key: string, value: unknown) => trl.rules[key]!(value, {});

const imported = (...lines: string[]): string =>
  importConfig('/a/c.yml', ['model_name_or_path: b/c', 'use_peft: true', ...lines].join('\n')).text;
const config = (...lines: string[]) => parse(imported(...lines)) as { data: Record<string, unknown> };

describe('which tokens are learned', () => {
  test.each([
    [['completion_only_loss: true', 'assistant_only_loss: false'], 'assistant'],
    [['completion_only_loss: false', 'assistant_only_loss: true'], 'assistant'],
    [['completion_only_loss: true', 'assistant_only_loss: true'], 'assistant'],
    [['completion_only_loss: false', 'assistant_only_loss: false'], 'all'],
    [['completion_only_loss: true'], 'assistant'],
    [['assistant_only_loss: true'], 'assistant'],
    [['completion_only_loss: false'], 'all'],
    // the rows decide: chats are learned whole
    [['assistant_only_loss: false'], 'all'],
    [[], 'all'],
  ])('%j is %s, in any order', (lines, trainOn) => {
    expect(config(...lines).data['trainOn']).toBe(trainOn);
    expect(config(...lines.toReversed()).data['trainOn']).toBe(trainOn);
  });

  test('a file that does not say is told what TRL does with other rows', () => {
    expect(imported()).toMatch(/TRL's default: every token of a chat.*prompt.*\n\s*"trainOn": "all"/);
    expect(imported('completion_only_loss: false')).not.toContain('every token of a chat');
  });

  test('what is no flag is named', () => {
    for (const key of ['completion_only_loss', 'assistant_only_loss'])
      expect(rule(key, 'maybe')).toMatchObject({ kind: 'none' });
  });
});

test('splits and columns', () => {
  expect(rule('dataset_train_split', 'train')).toMatchObject({ kind: 'same' });
  expect(rule('dataset_train_split', 'train_sft')).toMatchObject({ kind: 'none' });
  expect(rule('dataset_text_field', 'review')).toMatchObject({ value: { text: 'review' } });
});

test('says that PEFT would have chosen the targets', () => {
  expect(trl.unsaid).toHaveProperty('lora_target_modules');
});

test('mixtures of data sets: the first is taken, the others and parts of it are named', () => {
  expect(rule('datasets', [{ path: 'a.jsonl', split: 'train' }])).toEqual([
    { kind: 'set', to: 'data.train', value: 'a.jsonl' },
  ]);
  const mixture = { datasets: [{ id: 'x/y', split: 'part', weight: 0.5 }, { id: 'z' }] };
  const [set, ...rest] = rule('dataset_mixture', mixture) as readonly Mapped[];
  expect(set).toMatchObject({ to: 'data.train', value: 'data/x-y.jsonl' });
  expect(rest.map(({ kind }) => kind)).toEqual(['none', 'none', 'none']);
  expect(rule('dataset_mixer', { 'x/y': 1, z: 0.5 })).toHaveLength(2);
  for (const value of [{}, [], 'x', null, [1]])
    expect(rule('dataset_mixture', value)).toMatchObject({ kind: 'none' });
});

test('a list of data sets stands in the place of a single name, in any order', () => {
  const lines = ['dataset_name: x/y', 'datasets: [{ path: a.jsonl }]'];
  for (const order of [lines, lines.toReversed()]) expect(config(...order).data['train']).toBe('a.jsonl');
  expect(config('dataset_name: x/y', 'datasets: []').data['train']).toBe('data/x-y.jsonl');
});

test('what is not supervised fine-tuning is said to be so', () => {
  const reason = (key: string) => trl.families.find(([pattern]) => pattern.test(key))?.[1];
  for (const key of ['beta', 'loss_type', 'max_prompt_length'])
    expect(reason(key)).toBe('only supervised fine-tuning is offered.');
});
