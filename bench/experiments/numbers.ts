/** @file The numbers that a report rests on, as JSON beside it, and back: a report that was committed is gone on with. Pure. */
import { rateAt } from './experiment.ts';
import type { Alone, Arm, Done, Experiment, StudyResult, TrialResult } from './experiment.ts';
import { settled } from './protocol.ts';
import { withoutPlaces } from './store.ts';
import { verdictsOf } from './verdict.ts';

/** Where the numbers come from. */
export interface Circumstances {
  readonly machine: string;
  readonly threads: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly code: string;
}

/** A result in the JSON; `key` is its name in the store, `evaluations` are pairs of step and loss. */
type Numbers = Omit<TrialResult, 'losses' | 'evaluations'> & {
  readonly key: string;
  readonly evaluations: readonly (readonly [number, number])[];
};
type Run = Numbers & { readonly rate: number; readonly seed: number };

const rounded = (value: number): number => Number(value.toPrecision(6));

/** What the page rests on; losses rounded to six digits. */
export function numbers(
  { name, claim }: Experiment,
  results: readonly StudyResult[],
  circumstances: Circumstances,
): object {
  return {
    experiment: name,
    claim,
    circumstances,
    studies: results.map((result) => ({
      name: result.study.name,
      task: result.study.task.title,
      training: result.study.training,
      verdicts: verdictsOf(result),
      ...(result.alone && { alone: numbersOf(result.alone) }),
      arms: result.study.arms.map((arm) => ({
        name: arm.name,
        method: withoutPlaces(arm.method),
        rate: settledRate(result, arm),
        runs: result.done.filter(({ trial }) => trial.arm === arm.name).map((one) => runOf(arm, one)),
      })),
    })),
  };
}

function settledRate({ study, done }: StudyResult, arm: Arm): number | null {
  const k = settled(study, arm, done);
  return k === undefined ? null : rateAt(arm.rates, k);
}

const runOf = (arm: Arm, { trial, ...rest }: Done): Run => ({
  rate: rateAt(arm.rates, trial.k),
  seed: trial.seed,
  ...numbersOf(rest),
});

function numbersOf({ key, result }: Alone): Numbers {
  const { failed, trainable, evaluations, measured, seconds, code, machine } = result;
  return {
    key,
    ...(failed !== undefined && { failed }),
    trainable,
    evaluations: evaluations.map(({ step, loss }) => [step, rounded(loss)]),
    measured: Object.fromEntries(Object.entries(measured).map(([name, value]) => [name, rounded(value)])),
    seconds: { step: rounded(seconds.step), total: rounded(seconds.total) },
    code,
    ...(machine !== undefined && { machine }),
  };
}

/** Results in a report's JSON by their keys in the store: all but the losses of single steps. */
export function runsIn(json: string): ReadonlyMap<string, TrialResult> {
  const { studies } = JSON.parse(json) as { studies: { alone?: Numbers; arms: { runs: Run[] }[] }[] };
  const runs = studies.flatMap(({ alone, arms }): Numbers[] => [
    ...(alone ? [alone] : []),
    ...arms.flatMap((arm) => arm.runs.map(({ rate: _rate, seed: _seed, ...run }) => run)),
  ]);
  return new Map(
    runs.map(({ key, evaluations, ...rest }) => [
      key,
      { ...rest, losses: [], evaluations: evaluations.map(([step, loss]) => ({ step, loss })) },
    ]),
  );
}
