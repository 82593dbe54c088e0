/** @file A run's columns as plots, on each axis. */
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../runtime/contract/run.ts';
import { packSteps } from '../../../runtime/contract/steps.ts';
import { emptyRun, reduce } from '../../../webview/common/runState.ts';
import { fullRange, lossPlot, smallPlots } from '../../../webview/run/series.ts';
import type { Look } from '../../../webview/run/series.ts';
import { stepEvent } from '../../support/runSummary.ts';

const look: Look = { smoothing: 0.5, scale: 'auto', unit: 'step' };
const events: RunEvent[] = [
  { event: 'started', run: 'one', steps: 20, rows: 4, trainable: 9, baseLoss: 9 },
  ...[1, 2, 3, 4].map((step) => stepEvent(step, { memory: 1e9 })),
  { event: 'evaluation', step: 4, loss: 3, tokens: 9, seconds: 1, best: true },
  { event: 'checkpoint', step: 4, path: 'checkpoint-4' },
  { event: 'resumed', fromStep: 4 },
  stepEvent(5),
];
const state = reduce(emptyRun, packSteps(events));

describe('the loss', () => {
  test('raw and smoothed, validation as points, the base over the whole axis', () => {
    const { lines, ticks, gaps } = lossPlot(state, look);
    expect(lines.map(({ label }) => label)).toEqual(['train', 'smoothed', 'validation', 'base']);
    expect([lines[0]!.faint, lines[2]!.points, lines[3]!.dash]).toEqual([true, true, [6, 4]]);
    expect([...lines[2]!.x]).toEqual([4]);
    expect([...lines[3]!.x]).toEqual([1, 20]);
    expect([...ticks!]).toEqual([4]);
    expect([...gaps!]).toEqual([4]);
  });

  test('without smoothing there is one line, drawn as strong as it is', () => {
    const { lines } = lossPlot(state, { ...look, smoothing: 0 });
    expect(lines.map(({ label }) => label)).toEqual(['train', 'validation', 'base']);
    expect(lines[0]!.faint).toBe(false);
  });

  test('an overview has no mean, which needs all steps', () => {
    const { lines } = lossPlot({ ...state, isOverview: true }, look);
    expect(lines.map(({ label }) => label)).toEqual(['train', 'validation', 'base']);
    expect(lines[0]!.faint).toBe(true);
  });

  test.each([
    ['auto', false],
    ['log', true],
    ['linear', false],
  ] as const)('scale %s: logarithmic is %s where it spans less than a decade', (scale, expected) => {
    expect(lossPlot(state, { ...look, scale }).log).toBe(expected);
  });
});

test('on an axis of time or tokens everything moves along', () => {
  const { lines, ticks } = lossPlot(state, { ...look, unit: 'time' });
  expect([...lines[0]!.x]).toEqual([0.25, 0.5, 0.75, 1, 1.25]);
  expect([...lines[2]!.x]).toEqual([1]);
  expect([...ticks!]).toEqual([1]);
  expect(fullRange(state, 'time')).toEqual([0, 1.25]);
  expect(fullRange(state, 'tokens')).toEqual([0, 4000]);
  expect(fullRange(state, 'step')).toEqual([1, 20]);
});

test('the small plots, one of which counts bytes', () => {
  const plots = smallPlots(state, look);
  expect(plots.map(({ title }) => title)).toEqual(['Learning rate', 'Gradient norm', 'Tokens/s', 'Memory']);
  expect(plots[3]!.format!(1e9)).toBe('1.0 GB');
});

test('a run without steps has plots too', () => {
  expect(lossPlot(emptyRun, look).lines[0]!.x).toHaveLength(0);
  expect(fullRange(emptyRun, 'time')).toEqual([0, 1]);
});

const evaluation = (more: object): RunEvent => ({
  ...{ event: 'evaluation', step: 4, loss: 3, tokens: 9, seconds: 1, best: true },
  ...more,
});
const after = (more: object) => reduce(emptyRun, packSteps([stepEvent(4), evaluation(more)]));

test('the loss of the base that is trained on stands beside that of the original', () => {
  const { lines } = lossPlot(after({ trainedLoss: 3.5 }), look);
  expect(lines.slice(2).map(({ label, y }) => [label, ...y])).toEqual([
    ['validation, original base', 3],
    ['validation, smaller base', 3.5],
  ]);
});

test('a base that classifies has a plot of its accuracy', () => {
  const accuracy = smallPlots(after({ accuracy: 0.75 }), look).at(-1)!;
  expect(accuracy.title).toBe('Accuracy');
  expect([...accuracy.lines[0]!.y]).toEqual([0.75]);
  expect(accuracy.format!(0.75)).toBe('75.0 %');
});
