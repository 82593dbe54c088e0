/** @file The page's state: all rows, those that were found, the chosen one. */
import { expect, test } from 'vitest';
import type { Survey } from '../../../runtime/contract/api/data.ts';
import {
  emptyDataset,
  indexOfRow,
  isReached,
  listLength,
  outdatedQuery,
  reduce,
  rowAt,
} from '../../../webview/dataset/state.ts';

const file = { rows: 100, complete: true, done: 9, size: 9 };
const open = reduce(emptyDataset, { kind: 'indexed', file });
const query = { text: 'second' };

test('all rows, as they are numbered', () => {
  expect([listLength(open), rowAt(open, 4), indexOfRow(open, 5)]).toEqual([100, 5, 4]);
});

test('a search lists rows as they are found; leaving it keeps the row', () => {
  let state = reduce(open, { kind: 'searching', query });
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
  const state = reduce(open, { kind: 'filtered', query: { least: 3 }, rows: [1, 2], found: 5 });
  expect([state.more, indexOfRow(state, 2), indexOfRow(state, 50)]).toEqual([true, 1, 1]);
});

test('a survey stays when the next one fails', () => {
  const survey: Survey = { rows: 9, bytes: 9, unit: 'line', excluded: 0, looked: 9, lints: [] };
  const surveyed = reduce(open, { kind: 'surveyed', survey });
  expect(reduce(surveyed, { kind: 'surveyed', survey: null }).survey).toBe(survey);
});

test('a search that fails ends with the rows that it found', () => {
  let state = reduce(open, { kind: 'searching', query });
  state = reduce(state, { kind: 'found', rows: [3], share: 0.1 });
  state = reduce(state, { kind: 'failed' });
  expect([state.searching, state.broken, listLength(state)]).toEqual([undefined, true, 1]);
  expect(reduce(state, { kind: 'found', rows: [9], share: 0.2 })).toBe(state);
  // Nothing was on its way: nothing failed.
  expect(reduce(open, { kind: 'failed' })).toBe(open);
});

test('a query is asked again where its rows are those of another content', () => {
  const searched = reduce(reduce(open, { kind: 'searching', query }), { kind: 'searched', more: false });
  const filtered = reduce(open, { kind: 'filtered', query: { lint: 'a' }, rows: [1], found: 1 });
  expect(outdatedQuery(searched, file, false)).toBeUndefined();
  expect(outdatedQuery(searched, file, true)).toBe(query);
  expect(outdatedQuery(searched, { ...file, size: 10 }, false)).toBe(query);
  expect(outdatedQuery(filtered, { ...file, rows: 99 }, false)).toEqual({ lint: 'a' });
  // An index on its way knows of fewer rows of the same file.
  expect(outdatedQuery(searched, { ...file, rows: 50, complete: false }, false)).toBeUndefined();
  const broken = reduce(reduce(open, { kind: 'searching', query }), { kind: 'failed' });
  expect(outdatedQuery(broken, file, false)).toBe(query);
  expect(outdatedQuery(reduce(broken, { kind: 'all' }), file, true)).toBeUndefined();
});

test('a row is reached when the list has it, or has nothing more to come', () => {
  const indexing = reduce(open, { kind: 'indexed', file: { ...file, complete: false } });
  expect([isReached(indexing, 100), isReached(indexing, 101), isReached(open, 101)]).toEqual([
    true,
    false,
    true,
  ]);
  let state = reduce(open, { kind: 'searching', query });
  expect(isReached(state, 5)).toBe(false);
  state = reduce(state, { kind: 'found', rows: [3, 7], share: 0.5 });
  expect([isReached(state, 5), isReached(state, 9)]).toEqual([true, false]);
  expect(isReached(reduce(state, { kind: 'searched', more: false }), 9)).toBe(true);
});
