/** @file How long what is left takes, by stated figures and by runs. */
import { describe, expect, it } from 'vitest';
import {
  duration,
  planOf,
  planSeconds,
  quickStudy,
  secondsOf,
  statedSeconds,
} from '../../../bench/experiments/plan.ts';
import { armOf, doneOf, studyOf } from '../../support/experiment.ts';

const [lora, other] = [armOf('LoRA'), armOf('other', { cost: 2 })];
const study = studyOf({ arms: [lora, other] });
const run = (arm: string, seed: number, total: number) =>
  doneOf(arm, 0, seed, 1, { seconds: { step: 1, total } });

describe('a plan', () => {
  it('goes by steps, evaluations and the rest', () => {
    expect(statedSeconds(study, lora)).toBe(10 * 2 + 2 * 3 + 5);
    expect(statedSeconds(study, other)).toBe(10 * 4 + 2 * 3 + 5);
    expect(statedSeconds(study, armOf('long', { training: { steps: 20 } }))).toBe(20 * 2 + 4 * 3 + 5);
  });

  it('then by runs: its own, else as they compare with the figures', () => {
    const done = [run('LoRA', 0, 60), run('LoRA', 1, 64)];
    expect(secondsOf(study, lora, done)).toBe(62);
    expect(secondsOf(study, other, done)).toBe(2 * 51);
  });

  it('counts what is left, and nothing once all is done', () => {
    expect(planOf(study, []).map(({ runs }) => runs)).toEqual([7, 7]);
    expect(planOf(study, [run('LoRA', 0, 31)]).map(({ runs }) => runs)).toEqual([6, 7]);
    expect(planSeconds(planOf(study, []))).toBe(7 * 31 + 7 * 51);
    const all = [lora, other].flatMap(({ name }) => [
      ...[0, 1, 2].flatMap((k) => [0, 1].map((seed) => doneOf(name, k, seed, Math.abs(k - 1)))),
      doneOf(name, 1, 2, 0),
    ]);
    expect(planSeconds(planOf(study, all))).toBe(0);
  });

  it('is smaller in everything with --quick', () => {
    const small = quickStudy(studyOf({ training: { steps: 200, evaluateEvery: 10 } }));
    expect(small.training.steps).toBe(10);
    expect(small.seeds).toEqual([0, 1]);
    expect(small.arms.map(({ rates }) => [rates.count, rates.extend])).toEqual([
      [2, 0],
      [2, 0],
    ]);
    expect(
      quickStudy(studyOf({ arms: [armOf('long', { training: { steps: 800 } })] })).arms[0]!.training!.steps,
    ).toBe(2);
  });

  it('speaks in minutes and hours', () => {
    expect([20, 600, 5400, 9000].map(duration)).toEqual(['20 s', '10 min', '1 h 30 min', '2 h 30 min']);
  });
});
