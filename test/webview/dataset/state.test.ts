/** @file The page's state: all rows, those that were found, the chosen one. */
import { expect, test } from 'vitest';
import type { Survey } from '../../../runtime/contract/api/data.ts';
import { emptyDataset, indexOfRow, listLength, reduce, rowAt } from '../../../webview/dataset/state.ts';

const open = reduce(emptyDataset, { kind: 'indexed', file: { rows: 100, complete: true, done: 9, size: 9 } });

test('all rows, as they are numbered', () => {
  expect([listLength(open), rowAt(open, 4), indexOfRow(open, 5)]).toEqual([100, 5, 4]);
});

test('a search lists rows as they are found; leaving it keeps the row', () => {
  let state = reduce(open, { kind: 'searching' });
  expect([listLength(state), state.searching]).toEqual([0, 0]);
  state = reduce(state, { kind: 'found', rows: [3, 9], share: 0.5 });
  state = reduce(state, { kind: 'found', rows: [40], share: 1 });
  state = reduce(state, { kind: 'searched', more: false });
  expect([listLength(state), state.searching, rowAt(state, 2)]).toEqual([3, undefined, 40]);
  state = reduce(state, { kind: 'chosen', index: 99 });
  expect(state.chosen).toBe(2);
  state = reduce(state, { kind: 'all' });
  expect([state.chosen, rowAt(state, state.chosen)]).toEqual([39, 40]);
});

test('a filter that found more than it lists says so', () => {
  const state = reduce(open, { kind: 'filtered', rows: [1, 2], found: 5 });
  expect([state.more, indexOfRow(state, 2), indexOfRow(state, 50)]).toEqual([true, 1, 1]);
});

test('a survey stays when the next one fails', () => {
  const survey: Survey = { rows: 9, bytes: 9, unit: 'line', excluded: 0, looked: 9, lints: [] };
  const surveyed = reduce(open, { kind: 'surveyed', survey });
  expect(reduce(surveyed, { kind: 'surveyed', survey: null }).survey).toBe(survey);
});
