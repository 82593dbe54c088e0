/**
 * @file Which trainings a study needs, from the results that there are. Each arm tries every rate of its grid with the first
 * seeds; the rate of the least mean validation loss wins, and is then run with all seeds. Pure.
 */
import { quantityOf } from './experiment.ts';
import type { Arm, Done, Study, Trial } from './experiment.ts';

/** The loss that decides between rates; a training that failed is worse than any. */
const scoreOf = ({ result }: Done): number => quantityOf(result, 'validation') ?? Infinity;

const same = (a: Trial, b: Trial): boolean => a.arm === b.arm && a.k === b.k && a.seed === b.seed;

export const find = (done: readonly Done[], trial: Trial): Done | undefined =>
  done.find((one) => same(one.trial, trial));

/** Places of an arm's grid with the mean validation loss over the tuning seeds, by ascending rate; undefined until all are there. */
export function tuned(
  study: Study,
  arm: Arm,
  done: readonly Done[],
): readonly { readonly k: number; readonly mean: number | undefined }[] {
  const seeds = study.seeds.slice(0, study.tuningSeeds);
  const of = (k: number): number | undefined => {
    const found = seeds.map((seed) => find(done, { arm: arm.name, k, seed }));
    if (found.some((one) => one === undefined)) return undefined;
    return found.reduce((sum, one) => sum + scoreOf(one!), 0) / seeds.length;
  };
  const { count, extend } = arm.rates;
  const tried = Array.from({ length: count + 2 * extend }, (_, i) => i - extend).filter(
    (k) => (k >= 0 && k < count) || seeds.some((seed) => find(done, { arm: arm.name, k, seed })),
  );
  return tried.map((k) => ({ k, mean: of(k) }));
}

/** Where tuning stands: the place of the best rate, or the place that has to be tried before it is known. */
type Tuning = { readonly best: number } | { readonly missing: readonly number[] };

export function tuning(study: Study, arm: Arm, done: readonly Done[]): Tuning {
  const { count, extend } = arm.rates;
  const places = tuned(study, arm, done);
  const missing = places.filter(({ mean }) => mean === undefined).map(({ k }) => k);
  if (missing.length > 0) return { missing };
  const { k: best } = places.reduce((a, b) => (b.mean! < a.mean! ? b : a));
  const grown = places.length - count;
  if (count === 1 || grown >= extend) return { best };
  // all failed: a smaller rate is what may help
  const allFailed = places.every(({ mean }) => mean === Infinity);
  if (allFailed || best === places[0]!.k) return { missing: [places[0]!.k - 1] };
  if (best === places.at(-1)!.k) return { missing: [best + 1] };
  return { best };
}

/** The place that an arm ends up with; undefined while it isn't decided. */
export function settled(study: Study, arm: Arm, done: readonly Done[]): number | undefined {
  const source = arm.rateOf === undefined ? arm : armNamed(study, arm.rateOf);
  const state = tuning(study, source, done);
  return 'best' in state ? state.best : undefined;
}

export function armNamed(study: Study, name: string): Arm {
  const arm = study.arms.find((one) => one.name === name);
  if (!arm) throw new Error(`the study ${study.name} has no arm ${name}`);
  return arm;
}

/** Whether the best rate lies at an edge of what was tried: a better one may lie beyond. */
export function atEdge(study: Study, arm: Arm, done: readonly Done[]): boolean {
  if (arm.rateOf !== undefined) return false;
  const places = tuned(study, arm, done);
  const best = settled(study, arm, done);
  return places.length > 1 && (best === places[0]!.k || best === places.at(-1)!.k);
}

/**
 * Trainings that are wanted now; more may follow from their results. Empty when the study is complete. Methods take turns, the
 * middle of their grids first: where the time doesn't suffice, all have come equally far.
 */
export function nextTrials(study: Study, done: readonly Done[]): Trial[] {
  const lists = study.arms.map((arm): Trial[] => {
    const trials = (places: readonly number[], seeds: readonly number[]): Trial[] =>
      seeds.flatMap((seed) => places.map((k) => ({ arm: arm.name, k, seed })));
    const best = settled(study, arm, done);
    if (best !== undefined) return trials([best], study.seeds);
    if (arm.rateOf !== undefined) return [];
    const state = tuning(study, arm, done);
    if ('best' in state) return [];
    const middle = (arm.rates.count - 1) / 2;
    const places = state.missing.toSorted((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
    return trials(places, study.seeds.slice(0, study.tuningSeeds));
  });
  const wanted = lists.map((list) => list.filter((trial) => !find(done, trial)));
  const longest = Math.max(0, ...wanted.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) => wanted.flatMap((list) => list[turn] ?? [])).flat();
}

/** Trainings that a study takes in all if no grid grows: those that count towards a plan. */
export function expectedTrials({ arms, seeds, tuningSeeds }: Study): { arm: Arm; count: number }[] {
  return arms.map((arm) => ({
    arm,
    count:
      arm.rateOf === undefined ? arm.rates.count * tuningSeeds + seeds.length - tuningSeeds : seeds.length,
  }));
}

/** Results of an arm at its own rate, in the order of the seeds; those that are there. */
export function finalRuns(study: Study, arm: Arm, done: readonly Done[]): Done[] {
  const k = settled(study, arm, done);
  if (k === undefined) return [];
  return study.seeds.flatMap((seed) => find(done, { arm: arm.name, k, seed }) ?? []);
}
