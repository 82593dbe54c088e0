/** @file Which trainings are wanted: grid, growth at an edge, the best rate with all seeds, arms that take another's rate. */
import { describe, expect, it } from 'vitest';
import { quantityOf, rateAt } from '../../../bench/experiments/experiment.ts';
import type { Done, Study, Trial } from '../../../bench/experiments/experiment.ts';
import {
  atEdge,
  expectedTrials,
  finalRuns,
  nextTrials,
  settled,
  tuned,
} from '../../../bench/experiments/protocol.ts';
import { armOf, doneOf, resultOf, studyOf } from '../../support/experiment.ts';

/** Does what is wanted until nothing is, with the loss that `lossOf` gives. */
function complete(study: Study, lossOf: (trial: Trial) => number): Done[] {
  const done: Done[] = [];
  for (let wanted = nextTrials(study, done); wanted.length > 0; wanted = nextTrials(study, done))
    done.push(...wanted.map((trial) => doneOf(trial.arm, trial.k, trial.seed, lossOf(trial))));
  return done;
}

const one = (changes: Parameters<typeof armOf>[1] = {}): Study => studyOf({ arms: [armOf('LoRA', changes)] });

describe('rates', () => {
  it('are powers of the factor, in three digits', () => {
    const rates = { first: 1.28e-4, factor: 2.5, count: 3, extend: 0 };
    expect([-1, 0, 1, 2].map((k) => rateAt(rates, k))).toEqual([5.12e-5, 1.28e-4, 3.2e-4, 8e-4]);
  });
});

describe('quantities', () => {
  it('are read at the end, at a step, or by a name', () => {
    const result = resultOf(0.5, { measured: { 'exact match': 0.9, broken: NaN } });
    expect(quantityOf(result, 'validation')).toBe(0.5);
    expect(quantityOf(result, 'validation@5')).toBe(1);
    expect(quantityOf(result, 'exact match')).toBe(0.9);
    for (const missing of ['validation@7', 'json', 'broken'])
      expect(quantityOf(result, missing)).toBeUndefined();
    expect(quantityOf({ ...result, failed: 'no number' }, 'validation')).toBeUndefined();
  });
});

describe('a study', () => {
  it('tries each rate with the tuning seeds first, from the middle of the grid on, methods in turns', () => {
    expect(nextTrials(one(), []).map(({ k, seed }) => [k, seed])).toEqual([
      [1, 0],
      [0, 0],
      [2, 0],
      [1, 1],
      [0, 1],
      [2, 1],
    ]);
    const turns = nextTrials(studyOf(), []).map(({ arm, k }) => [arm, k]);
    expect(turns).toHaveLength(12);
    expect(turns.slice(0, 3)).toEqual([
      ['LoRA', 1],
      ['other', 1],
      ['LoRA', 0],
    ]);
  });

  it('then takes the rate of the least mean with all seeds, and computes nothing twice', () => {
    const study = one();
    const tried = nextTrials(study, []).map((trial) =>
      doneOf('LoRA', trial.k, trial.seed, Math.abs(trial.k - 1)),
    );
    expect(settled(study, study.arms[0]!, tried)).toBe(1);
    expect(nextTrials(study, tried)).toEqual([{ arm: 'LoRA', k: 1, seed: 2 }]);
    const all = [...tried, doneOf('LoRA', 1, 2, 0)];
    expect(nextTrials(study, all)).toEqual([]);
    expect(finalRuns(study, study.arms[0]!, all).map(({ trial }) => [trial.k, trial.seed])).toEqual([
      [1, 0],
      [1, 1],
      [1, 2],
    ]);
  });

  it('decides by the mean, not by the best seed', () => {
    const study = one({ rates: { first: 1, factor: 2, count: 2, extend: 0 } });
    const losses: Record<string, number> = { '0 0': 0.1, '0 1': 9, '1 0': 1, '1 1': 1 };
    const done = complete(study, ({ k, seed }) => losses[`${k} ${seed}`] ?? 0.5);
    expect(settled(study, study.arms[0]!, done)).toBe(1);
  });

  it('grows its grid at an edge, as far as it may, and says where the best stays there', () => {
    const study = one({ rates: { first: 1, factor: 2, count: 2, extend: 2 } });
    const [arm] = study.arms;
    const falling = complete(study, ({ k }) => 10 - k);
    expect(tuned(study, arm!, falling).map(({ k }) => k)).toEqual([0, 1, 2, 3]);
    expect(settled(study, arm!, falling)).toBe(3);
    expect(atEdge(study, arm!, falling)).toBe(true);
    const valley = complete(study, ({ k }) => (k + 1) ** 2);
    expect(tuned(study, arm!, valley).map(({ k }) => k)).toEqual([-2, -1, 0, 1]);
    expect(settled(study, arm!, valley)).toBe(-1);
    expect(atEdge(study, arm!, valley)).toBe(false);
  });

  it('takes a failed training for worse than any, and goes down where all failed', () => {
    const study = one({ rates: { first: 1, factor: 2, count: 2, extend: 1 } });
    const fails = ({ k, seed }: Trial): Done =>
      doneOf('LoRA', k, seed, 1, k >= 0 ? { failed: 'no number' } : {});
    const first = nextTrials(study, []).map(fails);
    expect(nextTrials(study, first).map(({ k }) => k)).toEqual([-1, -1]);
    const second = [...first, ...nextTrials(study, first).map(fails)];
    expect(settled(study, study.arms[0]!, second)).toBe(-1);
  });

  it("lets an arm take another's place in its own grid", () => {
    const study = studyOf({
      arms: [
        armOf('LoRA'),
        armOf('same', { rateOf: 'LoRA', rates: { first: 5, factor: 10, count: 3, extend: 0 } }),
      ],
    });
    expect(nextTrials(study, []).every(({ arm }) => arm === 'LoRA')).toBe(true);
    const done = complete(study, ({ k }) => Math.abs(k - 1));
    expect(
      done.filter(({ trial }) => trial.arm === 'same').map(({ trial }) => [trial.k, trial.seed]),
    ).toEqual([
      [1, 0],
      [1, 1],
      [1, 2],
    ]);
    expect(atEdge(study, study.arms[1]!, done)).toBe(false);
    expect(expectedTrials(study).map(({ count }) => count)).toEqual([7, 3]);
  });

  it('refuses the name of an arm that it has not', () => {
    const study = one({ rateOf: 'nobody' });
    expect(() => nextTrials(study, [])).toThrow('the study toy has no arm nobody');
  });
});
