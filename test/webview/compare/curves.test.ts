/** @file Curves of several runs: one look a group, validation only where there is one. */
import { expect, test } from 'vitest';
import { packSteps } from '../../../runtime/contract/steps.ts';
import { curvePlots, fullRange, strokeOf } from '../../../webview/compare/curves.ts';
import { emptyRun, reduce } from '../../../webview/common/runState.ts';
import { stepEvent } from '../../support/runSummary.ts';
import { comparison } from './comparison.ts';

const state = reduce(emptyRun, [
  { event: 'started', run: 'r', steps: 40, rows: 1, trainable: 1 },
  ...packSteps([stepEvent(1), stepEvent(2)]),
]);
const evaluation = { event: 'evaluation', step: 2, loss: 1, tokens: 1, seconds: 1, best: true } as const;
const states = new Map([
  [comparison.runs[0]!.folder, state],
  [comparison.runs[2]!.folder, reduce(state, [evaluation])],
]);

test('seeds of a group look alike, groups differ in colour and stroke', () => {
  const [, training] = curvePlots(comparison, states, { smoothing: 0 });
  const looks = training!.lines.map(({ color, dash }) => [color, dash]);
  expect(looks[0]).toEqual(looks[1]);
  expect(looks[0]).not.toEqual(looks[2]);
  const all = Array.from({ length: 35 }, (_, group) => JSON.stringify(strokeOf(group)));
  expect(new Set(all).size).toBe(35);
});

test('validation comes first where any run has it', () => {
  expect(curvePlots(comparison, states, { smoothing: 0 }).map(({ title }) => title)).toEqual([
    'Validation loss',
    'Training loss',
  ]);
  expect(curvePlots(comparison, new Map(), { smoothing: 0.5 }).map(({ title }) => title)).toEqual([
    'Training loss, smoothed',
  ]);
});

test('the axis reaches to the last planned step; runs that sent nothing have empty lines', () => {
  expect(fullRange(comparison, states)).toEqual([1, 40]);
  expect(fullRange(comparison, new Map())).toEqual([1, 2]);
  const [, training] = curvePlots(comparison, states, { smoothing: 0 });
  expect(training!.lines.map(({ x }) => x.length)).toEqual([2, 0, 2]);
});
