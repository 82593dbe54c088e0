/** @file Numbers over seeds: means with their 95 % intervals, paired differences, and curves with a band. Pure. */
import type { Interval } from '../../runtime/contract/api/compare.ts';
import { meanInterval } from '../../runtime/runs/interval.ts';
import { quantityOf } from './experiment.ts';
import type { Done, Quantity } from './experiment.ts';

/** Over the runs that have the number; undefined where a run lacks it, so that a failed seed is never left out silently. */
export function summary(runs: readonly Done[], quantity: Quantity): Interval | undefined {
  const values = runs.map(({ result }) => quantityOf(result, quantity));
  return values.every((value) => value !== undefined) ? meanInterval(values) : undefined;
}

/** Of `of` minus `from`, seed by seed: rows and their order are the same in both. Undefined unless every seed is in both. */
export function pairedDifference(
  of: readonly Done[],
  from: readonly Done[],
  quantity: Quantity,
): Interval | undefined {
  if (of.length !== from.length) return undefined;
  const differences = of.map(({ trial, result }) => {
    const other = from.find((one) => one.trial.seed === trial.seed);
    const [a, b] = [quantityOf(result, quantity), other && quantityOf(other.result, quantity)];
    return a === undefined || b === undefined ? undefined : a - b;
  });
  return differences.every((value) => value !== undefined) ? meanInterval(differences) : undefined;
}

export interface CurvePoint extends Interval {
  readonly step: number;
}

/** Validation losses by step over the runs that have them; a run that failed has none after its end. */
export function curve(runs: readonly Done[]): CurvePoint[] {
  const steps = [...new Set(runs.flatMap(({ result }) => result.evaluations.map(({ step }) => step)))];
  return steps
    .sort((a, b) => a - b)
    .flatMap((step) => {
      const values = runs
        .map(({ result }) => result.evaluations.find((evaluation) => evaluation.step === step)?.loss)
        .filter((loss) => loss !== undefined && Number.isFinite(loss));
      const interval = meanInterval(values as number[]);
      return interval ? [{ step, ...interval }] : [];
    });
}
