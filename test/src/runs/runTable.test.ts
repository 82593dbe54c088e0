/** @file What a report of the helper changes in the list. */
import { expect, test } from 'vitest';
import { RunTable } from '../../../src/runs/runTable.ts';
import { runSummary } from '../../support/runSummary.ts';

test('new and gone runs reorder the list, changed ones only update their row', () => {
  const table = new RunTable();
  const run = runSummary();
  expect(table.apply({ runs: [run], gone: [] })).toMatchObject({ reordered: true, updated: [] });
  expect(table.apply({ runs: [run], gone: [] })).toMatchObject({ reordered: false, updated: [run] });
  expect(table.apply({ runs: [], gone: ['/runs/other'] }).reordered).toBe(false);
  expect(table.apply({ runs: [], gone: [run.folder] }).reordered).toBe(true);
  expect(table.all()).toEqual([]);
});

test('a whole new list lets go of what it lacks', () => {
  const table = new RunTable();
  table.replace([runSummary({}, { folder: '/a' }), runSummary({}, { folder: '/b' })]);
  expect(table.replace([runSummary({}, { folder: '/b' })]).reordered).toBe(true);
  expect(table.all().map(({ folder }) => folder)).toEqual(['/b']);
});

test('an ending is told once', () => {
  const table = new RunTable();
  table.replace([runSummary()]);
  const done = runSummary({ status: 'done', loss: 1 });
  expect(table.apply({ runs: [done], gone: [] }).endings.map(({ failed }) => failed)).toEqual([false]);
  expect(table.apply({ runs: [done], gone: [] }).endings).toEqual([]);
});
