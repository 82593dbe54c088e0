/** @file The page's reducer: replayed and live events give the same state, resumes drop what they supersede. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EvaluationEvent, RunEvent } from '../../../runtime/contract/run.ts';
import { packSteps } from '../../../runtime/contract/steps.ts';
import { emptyRun, reduce, smooth, wantsLogScale } from '../../../webview/common/runState.ts';
import type { RunState } from '../../../webview/common/runState.ts';
import { stepEvent } from '../../support/runSummary.ts';

const reduceEvents = (state: RunState, events: readonly RunEvent[]): RunState =>
  reduce(state, packSteps(events));
const numbers = (values: Float64Array): number[] => [...values];

const steps = (from: number, to: number): RunEvent[] =>
  Array.from({ length: to - from + 1 }, (_, i) => stepEvent(from + i));
const evaluation = (step: number): EvaluationEvent => ({
  event: 'evaluation',
  step,
  loss: 5 / step,
  tokens: 100,
  seconds: 1,
  best: true,
});
const started: RunEvent = { event: 'started', run: 'one', steps: 20, rows: 4, trainable: 9, baseLoss: 8.78 };

test('steps become columns, rates are tokens by seconds', () => {
  const state = reduceEvents(emptyRun, [started, ...steps(1, 3)]);
  expect(state).toMatchObject({ plannedSteps: 20, started: { baseLoss: 8.78 } });
  expect(numbers(state.steps.step.values)).toEqual([1, 2, 3]);
  expect(numbers(state.steps.loss.values)).toEqual([10, 5, 10 / 3]);
  expect(numbers(state.steps.tokens.values)).toEqual([3200, 3200, 3200]);
  expect(numbers(state.steps.supervised.values)).toEqual([800, 800, 800]);
});

test('live and replayed events give the same state, however they are cut into messages', () => {
  const events: RunEvent[] = [
    started,
    ...steps(1, 6),
    evaluation(5),
    { event: 'checkpoint', step: 6, path: 'checkpoint-6' },
    ...steps(7, 9),
    { event: 'failed', message: 'power', step: 9 },
    { event: 'resumed', fromStep: 6 },
    ...steps(7, 12),
    { event: 'done', run: 'one', adapter: 'adapter' },
  ];
  const whole = reduceEvents(emptyRun, events);
  fc.assert(
    fc.property(fc.array(fc.nat(events.length)), (cuts) => {
      const bounds = [0, ...[...cuts].sort((a, b) => a - b), events.length];
      let state = emptyRun;
      for (let i = 1; i < bounds.length; i++)
        state = reduceEvents(state, events.slice(bounds[i - 1], bounds[i]));
      expect(state).toEqual(whole);
    }),
  );
  expect(numbers(whole.steps.step.values)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(whole.resumes).toEqual([6]);
  expect(whole.failure).toBeUndefined();
});

test('the state before stays as it was', () => {
  const before = reduceEvents(emptyRun, steps(1, 5));
  const copy = structuredClone(before);
  reduceEvents(before, [...steps(4, 8), evaluation(8), { event: 'resumed', fromStep: 2 }]);
  expect(before).toEqual(copy);
});

describe('a resume', () => {
  test('drops steps, evaluations and checkpoints behind it', () => {
    const state = reduceEvents(emptyRun, [
      ...steps(1, 10),
      evaluation(5),
      evaluation(10),
      { event: 'checkpoint', step: 5, path: 'a' },
      { event: 'checkpoint', step: 10, path: 'b' },
      { event: 'resumed', fromStep: 5 },
    ]);
    expect(state.steps.step.values.at(-1)).toBe(5);
    expect(state.evaluations.map(({ step }) => step)).toEqual([5]);
    expect(state.checkpoints).toEqual([5]);
    expect(state.resumes).toEqual([5]);
  });

  test('to before the first step drops all', () => {
    expect(
      numbers(reduceEvents(emptyRun, [...steps(3, 5), { event: 'resumed', fromStep: 0 }]).steps.step.values),
    ).toEqual([]);
  });

  test('is seen in the step numbers alone, too', () => {
    expect(numbers(reduceEvents(emptyRun, [...steps(1, 5), ...steps(4, 6)]).steps.step.values)).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
  });
});

test('null stands for a value that is not finite', () => {
  const lost = { ...stepEvent(2), loss: null as unknown as number };
  expect(numbers(reduceEvents(emptyRun, [stepEvent(1), lost]).steps.loss.values)).toEqual([10, NaN]);
});

test('an ending and a note are kept', () => {
  const state = reduceEvents(emptyRun, [
    { event: 'note', message: 'Slow disk.' },
    { event: 'stopped', step: 3, resume: 'x' },
    { event: 'failed', message: 'Loss not finite.' },
  ]);
  expect(state).toMatchObject({ notes: ['Slow disk.'], failure: { message: 'Loss not finite.' } });
});

describe('smoothing', () => {
  test('keeps a constant, gives the values back at weight 0, and steps over what is not finite', () => {
    expect(smooth(Float64Array.of(2, 2, 2), 0.9).every((value) => Math.abs(value - 2) < 1e-12)).toBe(true);
    expect(numbers(smooth(Float64Array.of(3, 1, 2), 0))).toEqual([3, 1, 2]);
    expect(numbers(smooth(Float64Array.of(1, NaN, 1), 0.5))).toEqual([1, 1, 1]);
    expect(numbers(smooth(Float64Array.of(NaN), 0.5))).toEqual([Number.NaN]);
  });

  test('stays within the values seen so far', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (values, weight) => {
          for (const [i, value] of smooth(Float64Array.from(values), weight).entries()) {
            const seen = values.slice(0, i + 1);
            const slack = 1e-9 * Math.max(1, ...seen.map(Math.abs));
            expect(value).toBeGreaterThanOrEqual(Math.min(...seen) - slack);
            expect(value).toBeLessThanOrEqual(Math.max(...seen) + slack);
          }
        },
      ),
    );
  });
});

test.each([
  [[10, 0.5], true],
  [[10, 2], false],
  [[10, 0], false],
  [[10, -1], false],
  [[], false],
  [[10, Number.NaN, 0.5], true],
])('losses %j on a logarithmic axis: %s', (values, expected) => {
  expect(wantsLogScale(Float64Array.from(values))).toBe(expected);
});
