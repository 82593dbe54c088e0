/** @file The median stopping rule on curves whose answer is known, and the curves that it reads. */
import { describe, expect, test } from 'vitest';
import { judgeRun, median, RunCurve } from '../../../runtime/pipelines/sweepHopeless.ts';
import type { Curve } from '../../../runtime/pipelines/sweepHopeless.ts';
import { runConfig } from '../../support/runConfig.ts';
import { stepEvent } from '../../support/runSummary.ts';

const line = (...losses: number[]): Curve => losses.map((loss, i) => [i + 1, loss]);

test('the median of an even number lies between the middle two', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5]);
});

describe('the rule', () => {
  const others = [line(4, 2, 0), line(5, 3, 1), line(6, 4, 2)];
  test("compares the best loss with the median of the others' means up to the same step", () => {
    // means up to step 2: 3, 4, 5
    expect(judgeRun(line(9, 4.1), others, 3)).toEqual({ step: 2, best: 4.1, median: 4, others: 3 });
    expect(judgeRun(line(9, 4), others, 3)).toBeUndefined();
    expect(judgeRun(line(3, 9), others, 3)).toBeUndefined();
  });
  test('waits for the grace and for three others that have come so far', () => {
    expect(judgeRun(line(9), others, 6)).toBeUndefined();
    expect(judgeRun(line(9), others, 5)).toBeDefined();
    expect(judgeRun(line(9, 9, 9), [...others.slice(1), line(1, 1)], 3)).toBeUndefined();
  });
  test('a loss that is no number is worse than any', () => {
    expect(judgeRun(line(NaN, NaN), others, 3)?.best).toBe(Infinity);
    expect(judgeRun([], others, 3)).toBeUndefined();
  });
});

describe('the curve of a run', () => {
  const config = runConfig('/x');
  test('is its validation losses where it has some before its end', () => {
    const curve = new RunCurve({ ...config, data: { ...config.data, validation: 0.1 } });
    expect(curve.add(stepEvent(1))).toBe(false);
    const evaluation = { event: 'evaluation', step: 5, loss: 2, tokens: 1, seconds: 1, best: true } as const;
    expect(curve.add(evaluation)).toBe(true);
    expect(curve.points).toEqual([[5, 2]]);
  });
  test('else means of its training losses over a twentieth of its steps', () => {
    const curve = new RunCurve(config);
    curve.add({ event: 'started', run: 'r', steps: 40, rows: 1, trainable: 1 });
    for (let step = 1; step <= 5; step++) curve.add(stepEvent(step, { loss: step }));
    expect(curve.steps).toBe(40);
    expect(curve.points).toEqual([
      [2, 1.5],
      [4, 3.5],
    ]);
  });
});
