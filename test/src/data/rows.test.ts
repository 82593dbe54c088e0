/** @file A data file in the tree. */
import { expect, test } from 'vitest';
import { datasetRow } from '../../../src/data/rows.ts';

const survey = { rows: 2, bytes: 9, unit: 'line', excluded: 0, looked: 2, lints: [] } as const;
const state = { label: 'a.jsonl', survey, failure: undefined, uses: [] };

test('a file that is fine, one with problems, one that was not counted', () => {
  expect(datasetRow(state)).toMatchObject({
    label: 'a.jsonl',
    description: '2 rows',
    icon: { id: 'database' },
  });
  const lint = { code: 'x', severity: 'error', message: '', count: 1, lines: [] } as const;
  const wrong = datasetRow({ ...state, survey: { ...survey, lints: [lint] } });
  expect([wrong.icon.id, wrong.description]).toEqual(['error', '2 rows · 1 error']);
  expect(datasetRow({ ...state, survey: undefined }).description).toBe('');
  expect(datasetRow({ ...state, failure: 'is empty.' })).toMatchObject({
    description: 'is empty.',
    icon: { id: 'error' },
  });
});
