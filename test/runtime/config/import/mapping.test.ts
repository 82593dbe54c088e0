/** @file Rules that tools share: numbers in quotes, optimisers, schedules, targets, data sets. */
import { describe, expect, test } from 'vitest';
import {
  number,
  numberOf,
  offOnly,
  optimizer,
  placeholder,
  positive,
  schedule,
  targets,
  trainFile,
} from '../../../../runtime/config/import/mapping.ts';
import type { Mapped, Rule } from '../../../../runtime/config/import/mapping.ts';

const value = (rule: Rule, given: unknown): unknown => {
  const mapped = rule(given, {}) as Mapped;
  return mapped.kind === 'set' ? mapped.value : mapped.kind;
};

test('numbers may be texts, and nothing else', () => {
  expect([
    numberOf('2e-4'),
    numberOf(' 1 '),
    numberOf(''),
    numberOf('x'),
    numberOf(null),
    numberOf(NaN),
  ]).toEqual([2e-4, 1, undefined, undefined, undefined, undefined]);
  expect(value(number('x'), 'auto')).toBe('none');
  expect([value(positive('x', ''), 0), value(positive('x', ''), -1), value(positive('x', ''), 5)]).toEqual([
    'same',
    'same',
    5,
  ]);
  expect([value(offOnly(''), false), value(offOnly(''), true)]).toEqual(['same', 'none']);
});

describe('names of others', () => {
  const cases: [string, Rule, unknown, unknown][] = [
    ['an AdamW', optimizer, 'adamw_torch_fused', 'adamw'],
    ['another optimiser', optimizer, 'lion_8bit', 'adamw'],
    ['SGD', optimizer, 'SGD', 'sgd'],
    ['a constant with warm-up', schedule, 'constant_with_warmup', 'constant'],
    ['a cosine with restarts', schedule, 'cosine_with_restarts', 'cosine'],
    ['an unknown schedule', schedule, 'rex', 'linear'],
    ['all', targets, 'all', 'all-linear'],
    ['a text with commas', targets, 'q_proj, v_proj', ['q_proj', 'v_proj']],
    ['a list', targets, ['q_proj'], ['q_proj']],
    ['an expression', targets, '.*q_proj', '.*q_proj'],
    ['a list of numbers', targets, [1], 'none'],
  ];
  test.each(cases)('%s', (_, rule, given, expected) => {
    expect(value(rule, given)).toEqual(expected);
  });
});

test('a file is a file, an id of the hub becomes a place for its rows', () => {
  expect(trainFile('data/a.jsonl')).toEqual({ kind: 'set', to: 'data.train', value: 'data/a.jsonl' });
  expect(trainFile('./corpus')).toMatchObject({ value: './corpus' });
  expect(trainFile('owner/name')).toMatchObject({ value: 'data/owner-name.jsonl' });
  expect(placeholder('../../etc')).toBe('data/etc.jsonl');
});
