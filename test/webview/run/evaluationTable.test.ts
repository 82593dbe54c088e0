/** @file Evaluations as a table: the newest first, and columns for what there is alone. */
import { expect, test } from 'vitest';
import type { EvaluationEvent } from '../../../runtime/contract/run.ts';
import { evaluationTable } from '../../../webview/run/evaluationTable.ts';

const evaluation = (step: number, loss: number, more: Partial<EvaluationEvent> = {}): EvaluationEvent => ({
  ...{ event: 'evaluation', step, loss, tokens: 1200, seconds: 2, best: false },
  ...more,
});

test('the newest first, each against the first, the least marked', () => {
  const { columns, rows } = evaluationTable([evaluation(10, 2), evaluation(20, 1), evaluation(30, 1.5)]);
  expect(columns.map(({ title }) => title)).toEqual([
    'Step',
    'Loss',
    'Since the first',
    '',
    'Tokens',
    'Took',
  ]);
  expect(rows).toEqual([
    ['30', '1.50', '-25 %', '', '1,200', '2.0 s'],
    ['20', '1.00', '-50 %', 'best', '1,200', '2.0 s'],
    ['10', '2.00', '', '', '1,200', '2.0 s'],
  ]);
});

test('the smaller base and accuracy have columns where they were measured', () => {
  const { columns, rows } = evaluationTable([
    evaluation(10, 2),
    evaluation(20, 1, { trainedLoss: 1.25, accuracy: 0.923 }),
  ]);
  expect(columns.map(({ title }) => title).slice(4, 6)).toEqual(['Smaller base', 'Accuracy']);
  expect(rows.map((row) => row.slice(4, 6))).toEqual([
    ['1.25', '92.3 %'],
    ['', ''],
  ]);
});

test('a long run shows its last five hundred', () => {
  const { rows } = evaluationTable(Array.from({ length: 502 }, (_, i) => evaluation(i + 1, 1)));
  expect([rows.length, rows[0]![0], rows.at(-1)![0]]).toEqual([500, '502', '3']);
});
