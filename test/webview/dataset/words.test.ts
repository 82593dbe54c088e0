/** @file What the page says in numbers. */
import { expect, test } from 'vitest';
import { emptyDataset, reduce } from '../../../webview/dataset/state.ts';
import { listStatus, rowCounts, surveySummary, whyNoLengths } from '../../../webview/dataset/words.ts';

const file = (rows: number, complete: boolean) =>
  reduce(emptyDataset, { kind: 'indexed', file: { rows, complete, done: 1e9, size: 2e9 } });

test('the line above the list', () => {
  expect(listStatus(emptyDataset)).toBe('Opening');
  expect(listStatus(file(1000, false))).toBe('1,000 rows so far · indexing 50 % of 2.0 GB');
  expect(listStatus(file(1, true))).toBe('1 row · 2.0 GB');
  const found = reduce(reduce(file(9, true), { kind: 'searching', query: { text: 'a' } }), {
    kind: 'found',
    rows: [2],
    share: 0.25,
  });
  expect(listStatus(found)).toBe('1 row of 9 · searching 25 %');
  expect(listStatus(reduce(found, { kind: 'searched', more: true }))).toBe('first 1 row of 9');
  expect(listStatus(reduce(found, { kind: 'failed' }))).toBe('1 row of 9 · the search failed');
});

test('a row, and a file', () => {
  const row = { turns: [], tokens: 1903, supervised: 412, lints: [], shortened: false };
  expect(rowCounts(row, 1000)).toBe('412 of 1,903 tokens trained · 903 cut off');
  expect(rowCounts({ ...row, tokens: 0 }, undefined)).toBe('');
  const tokens = {
    tokens: 100,
    supervised: 18,
    truncated: 2,
    length: 50,
    longest: 60,
    percentile95: 40,
    histogram: { width: 1, counts: [] },
  };
  const survey = { rows: 10, bytes: 1, unit: 'line', excluded: 0, looked: 5, lints: [], tokens } as const;
  expect(surveySummary(survey)).toBe(
    'estimated from 5 rows · 100 tokens, 18 % trained · 95 of 100 rows have at most 40 · longest 60 · 2 rows cut at 50',
  );
});

test('why there are no lengths', () => {
  expect(whyNoLengths(false, 'no base')).toContain('name this file as data.train');
  expect(whyNoLengths(true, 'base: does not exist.')).toBe('No tokens were counted: base: does not exist.');
  expect(whyNoLengths(true, undefined)).toBe('No tokens were counted in this file.');
});
