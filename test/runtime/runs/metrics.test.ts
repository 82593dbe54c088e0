/** @file What is folded from a run's events. */
import { expect, test } from 'vitest';
import type { RunEvent } from '../../../runtime/contract/run.ts';
import { foldMetrics, metricsOf, noMetrics } from '../../../runtime/runs/metrics.ts';
import { stepEvent } from '../../support/runSummary.ts';

const evaluation = (step: number, loss: number): RunEvent => ({
  event: 'evaluation',
  step,
  loss,
  tokens: 9,
  seconds: 1,
  best: false,
});
const metrics = (...events: RunEvent[]) => metricsOf(events.reduce(foldMetrics, noMetrics));
const started: RunEvent = { event: 'started', run: 'r', steps: 40, rows: 400, trainable: 1 };
const steps = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => stepEvent(from + i, { loss: from + i }));

test('a run before its first step has no losses', () => {
  expect(metrics(started)).toEqual({ step: 0, steps: 40, seconds: 0, rows: 400 });
});

test('the training loss is the mean of the last ten steps; the best validation is known with its step', () => {
  expect(
    metrics(started, ...steps(1, 20), evaluation(10, 2), evaluation(15, NaN), evaluation(20, 3)),
  ).toEqual({
    step: 20,
    steps: 40,
    rows: 400,
    train: 15.5,
    validation: 3,
    best: { step: 10, loss: 2 },
    seconds: 5,
    tokensPerSecond: 3200,
  });
});

test('a resume takes back what came after its checkpoint, but not the time', () => {
  const { best, validation, step, seconds } = metrics(
    started,
    ...steps(1, 10),
    evaluation(5, 4),
    evaluation(10, 1),
    { event: 'resumed', fromStep: 5 },
  );
  expect({ best, validation, step, seconds }).toEqual({
    best: { step: 5, loss: 4 },
    validation: 4,
    step: 5,
    seconds: 2.5,
  });
});
