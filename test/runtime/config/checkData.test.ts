/** @file What rows tell about a config: steps, lengths, overlap, amounts. */
import { expect, test } from 'vitest';
import { checkData, stepsOf } from '../../../runtime/config/checkData.ts';
import type { DataFacts } from '../../../runtime/config/dataFacts.ts';
import { UserError } from '../../../runtime/contract/errors.ts';
import { runConfig } from '../../support/runConfig.ts';

const usual = runConfig('runs', { epochs: 3, batch: 4, accumulate: 2 });
const facts: DataFacts = { rows: 100, exact: true, longest: 60, percentile95: 50, meanLength: 40 };
const codes = (config: typeof usual, found: DataFacts = facts): string[] =>
  checkData(config, found, 1024, () => ({ offset: 0, length: 0 })).map(({ code }) => code);

test('steps are those of the sampler: rows held out, parts of an epoch, a budget of tokens', () => {
  // 25 micro-batches are 13 steps an epoch
  expect(stepsOf(usual, facts)).toBe(39);
  expect(stepsOf({ ...usual, data: { ...usual.data, validation: 0.2 } }, facts)).toBe(30);
  expect(stepsOf({ ...usual, training: { ...usual.training, steps: 7 } }, undefined)).toBe(7);
  expect(stepsOf({ ...usual, training: { ...usual.training, tokens: 400 } }, facts)).toBe(15);
  expect(stepsOf(usual, undefined)).toBeUndefined();
});

test('lengths far below and far above the rows', () => {
  expect(codes(usual)).toEqual([]);
  expect(codes({ ...usual, data: { ...usual.data, length: 49 } })).toEqual(['length-short']);
  expect(codes({ ...usual, data: { ...usual.data, length: 241 } })).toEqual(['length-long']);
  expect(codes({ ...usual, data: { ...usual.data, length: 241 } }, { ...facts, exact: false })).toEqual([]);
});

test('rows that do not say their kind are told of where a loss balances by it, and nowhere else', () => {
  const balanced = (balance: number) => ({ ...usual, method: { ...usual.method, kind: 'loramoe', balance } });
  expect(codes(balanced(0.1), { ...facts, typed: 0.5 })).toEqual(['task-type-missing']);
  expect(codes(balanced(0.1), { ...facts, typed: 1 })).toEqual([]);
  expect(codes(balanced(0), { ...facts, typed: 0.5 })).toEqual([]);
  expect(codes(usual, { ...facts, typed: 0.5 })).toEqual([]);
});

test('rows in both files, too few held out, and too many passes', () => {
  expect(codes(usual, { ...facts, overlap: { count: 2, of: 10 } })).toEqual(['validation-overlap']);
  expect(codes(usual, { ...facts, overlap: { count: 0, of: 10 } })).toEqual([]);
  expect(codes({ ...usual, data: { ...usual.data, validation: 0.001 } })).toEqual(['validation-few']);
  expect(codes({ ...usual, training: { ...usual.training, epochs: 51 } })).toEqual(['many-epochs']);
});

test('a problem stands alone', () => {
  const error = new UserError('format-unknown', 'has no known columns.', {
    place: { file: 'a.jsonl', line: 1 },
  });
  const [finding, ...rest] = checkData(usual, { ...facts, problem: { of: 'train', error } }, 64, () => ({
    offset: 0,
    length: 0,
  }));
  expect(rest).toEqual([]);
  expect(finding).toMatchObject({ severity: 'error', message: 'a.jsonl:1: has no known columns.' });
});
