/** @file Metrics as CSV: what was recorded, digit by digit. */
import { expect, test } from 'vitest';
import { packSteps } from '../../../runtime/contract/steps.ts';
import { emptyRun, reduce } from '../../../webview/common/runState.ts';
import { metricsCsv } from '../../../webview/run/csv.ts';
import { stepEvent } from '../../support/runSummary.ts';

test('a line a step and an evaluation, empty where there is no value', () => {
  const state = reduce(
    emptyRun,
    packSteps([
      stepEvent(1, { loss: 0.1 + 0.2 }),
      { event: 'evaluation', step: 1, loss: 2.5, tokens: 9, seconds: 1, best: true },
    ]),
  );
  const lines = metricsCsv(state).split('\r\n');
  expect(lines).toHaveLength(4);
  const cells = lines.slice(0, 3).map((line) => line.split(','));
  expect(new Set(cells.map(({ length }) => length))).toEqual(new Set([12]));
  expect(cells[1]).toEqual([
    'step',
    '1',
    String(0.1 + 0.2),
    '1',
    '0.001',
    '3200',
    '800',
    '0.25',
    '800',
    '',
    '',
    '',
  ]);
  expect(cells[2]!.slice(0, 4)).toEqual(['evaluation', '1', '2.5', '']);
  expect(lines[3]).toBe('');
});

test('an evaluation of a smaller base that classifies has two numbers more', () => {
  const evaluation = { event: 'evaluation', step: 1, loss: 2.5, tokens: 9, seconds: 1, best: true } as const;
  const state = reduce(emptyRun, packSteps([{ ...evaluation, trainedLoss: 3.5, accuracy: 0.75 }]));
  const [header, line] = metricsCsv(state)
    .split('\r\n')
    .map((text) => text.split(','));
  expect(header!.map((name, i) => [name, line![i]]).slice(-2)).toEqual([
    ['smaller_base_loss', '3.5'],
    ['accuracy', '0.75'],
  ]);
});
