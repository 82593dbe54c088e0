/** @file A long run's overview: every extreme is there, sums stay, and a reducer makes of it what it makes of the whole. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunEvent, StepEvent } from '../../../runtime/contract/run.ts';
import { packSteps } from '../../../runtime/contract/steps.ts';
import { overviewOf } from '../../../runtime/serve/overview.ts';
import { emptyRun, reduce } from '../../../webview/common/runState.ts';
import { stepEvent } from '../../support/runSummary.ts';

const count = 30_000;
const wave = (step: number): number => 2 + Math.sin(step * 7.3);
const evaluation = (step: number): RunEvent => ({
  event: 'evaluation',
  step,
  loss: wave(step),
  tokens: 9,
  seconds: 1,
  best: false,
});

/** With a spike up and one down at `spike`, an evaluation every `every` steps, and a stop with a repeated stretch. */
function longRun(
  spike: number,
  every: number,
  resume?: readonly [at: number, from: number, told: boolean],
): RunEvent[] {
  const events: RunEvent[] = [{ event: 'started', run: 'long', steps: count, rows: 9, trainable: 1 }];
  for (let step = 1; step <= count; step++) {
    const loss = step === spike ? 99 : step === spike + 1 ? 1e-6 : wave(step);
    const seconds = 0.25 + (step % 3) / 8;
    events.push(stepEvent(step, { loss, gradNorm: wave(step + 1), memory: 4096 * (step % 977), seconds }));
    if (step % every === 0) events.push(evaluation(step));
    if (step === resume?.[0]) {
      if (resume[2]) events.push({ event: 'resumed', fromStep: resume[1] });
      for (let again = resume[1] + 1; again <= step; again++) events.push(stepEvent(again, { loss: 1 }));
    }
  }
  return events;
}
const stepsOf = (events: readonly RunEvent[]): StepEvent[] =>
  events.filter(({ event }) => event === 'step') as StepEvent[];

describe('an overview', () => {
  test.each([7, 100, 1000])('is small, whether a run evaluates every %i steps', (every) => {
    const whole = longRun(5000, every);
    const overview = overviewOf(whole)!;
    const steps = stepsOf(overview).length;
    expect(steps).toBeGreaterThan(1000);
    expect(steps).toBeLessThan(10_000);
    const others = (events: readonly RunEvent[]) => events.filter(({ event }) => event !== 'step');
    expect(others(overview)).toEqual(others(whole));
  });

  test('has some hundred looks at layers, the last among them', () => {
    const look = (step: number): RunEvent => ({
      event: 'method',
      step,
      layers: { 'layers.0.q': { norm: step } },
    });
    const looksOf = (every: number): number[] => {
      const whole = longRun(5000, every).flatMap((event) =>
        event.event === 'evaluation' ? [event, look(event.step)] : [event],
      );
      return overviewOf(whole)!.flatMap((event) => (event.event === 'method' ? [event.step] : []));
    };
    expect(looksOf(1000)).toHaveLength(30);
    for (const every of [7, 100]) {
      const steps = looksOf(every);
      expect(steps.length).toBeGreaterThan(70);
      expect(steps.length).toBeLessThanOrEqual(100);
      expect(steps.at(-1)).toBe(count - (count % every));
    }
  });

  test('has every extreme, exact sums at its steps, and the newest steps as they are', () => {
    const resume = fc.option(
      fc.tuple(fc.integer({ min: 2, max: count - 2 }), fc.integer({ min: 0, max: 700 }), fc.boolean()),
      { nil: undefined },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: count - 1 }),
        fc.integer({ min: 3, max: 5000 }),
        resume,
        (spike, every, back) => {
          const events = longRun(spike, every, back && [back[0], Math.max(0, back[0] - back[1]), back[2]]);
          const whole = reduce(emptyRun, packSteps(events));
          const overview = reduce(emptyRun, packSteps(overviewOf(events)!));
          const rest = ({ steps: _steps, ...others }: typeof whole) => others;
          expect(rest(overview)).toEqual(rest(whole));
          const row = new Map(Array.from(whole.steps.step.values, (step, i) => [step, i]));
          const rows = Array.from(overview.steps.step.values, (step) => row.get(step)!);
          for (const name of ['step', 'loss', 'gradNorm', 'learningRate', 'memory', 'tokensSoFar'] as const)
            expect(overview.steps[name].values).toEqual(
              Float64Array.from(rows, (i) => whole.steps[name].values[i]!),
            );
          for (const [i, seconds] of overview.steps.secondsSoFar.values.entries())
            expect(seconds).toBeCloseTo(whole.steps.secondsSoFar.values[rows[i]!]!, 6);
          for (const name of ['loss', 'gradNorm', 'memory'] as const) {
            const [all, some] = [whole.steps[name].values, overview.steps[name].values];
            expect([Math.min(...some), Math.max(...some)]).toEqual([Math.min(...all), Math.max(...all)]);
          }
          expect(rows.slice(-20)).toEqual(
            Array.from({ length: 20 }, (_, i) => whole.steps.step.length - 20 + i),
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  test('losses that are not finite leave their stretch its other extremes', () => {
    const events = longRun(5000, 1000);
    for (const event of stepsOf(events)) if (event.step % 2 === 0) Object.assign(event, { loss: NaN });
    const losses = stepsOf(overviewOf(events)!).map(({ loss }) => loss);
    expect(Math.min(...losses.filter(Number.isFinite))).toBe(1e-6);
  });

  test('of steps that were repeated at the very end the newest ones are there one by one', () => {
    for (const back of [1, 5, 19, 20, 25]) {
      const events = longRun(5, 7, [count - 3, count - 3 - back, false]);
      const { step } = reduce(emptyRun, packSteps(overviewOf(events)!)).steps;
      const last = Float64Array.from({ length: 20 }, (_, i) => count - 19 + i);
      expect(step.values.slice(-20)).toEqual(last);
    }
  });

  test('a short run has none', () => {
    expect(overviewOf(longRun(5000, 100).slice(0, 15_000))).toBeUndefined();
  });
});
