/**
 * @file Which runs of a sweep are hopeless: the median stopping rule of Vizier (Golovin et al., "Google Vizier: a service for
 * black-box optimization", KDD 2017, section 3.2.2). Model-free: it looks at what the others had reached at the same step. Pure.
 */

import type { ResolvedConfig } from '../contract/config.ts';
import { formatNumber } from '../contract/format.ts';
import type { RunEvent } from '../contract/run.ts';

/** Steps ascending, with the loss at each. */
export type Curve = readonly (readonly [step: number, loss: number])[];

export interface Hopeless {
  readonly step: number;
  /** The run's best loss so far. */
  readonly best: number;
  /** Median of the others' mean losses up to that step. */
  readonly median: number;
  readonly others: number;
}

/** A median of fewer is an accident of the queue's order. */
const LEAST_OTHERS = 3;
/** A share of the run in which nothing is judged: a warm-up and a slow start aren't failures. */
const GRACE = 0.2;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * A run is stopped at step t when its best loss up to t is larger than the median of the others' running means up to t.
 * The mean, not the best, of the others is the published rule's leniency: they began badly too.
 */
export function judgeRun(own: Curve, others: readonly Curve[], steps: number): Hopeless | undefined {
  const step = own.at(-1)?.[0] ?? 0;
  if (step < GRACE * steps) return undefined;
  const means = others
    .filter((curve) => (curve.at(-1)?.[0] ?? 0) >= step)
    .map((curve) => curve.filter(([at]) => at <= step).map(([, loss]) => loss))
    .filter((losses) => losses.length > 0)
    .map((losses) => losses.reduce((sum, loss) => sum + loss, 0) / losses.length);
  if (means.length < LEAST_OTHERS) return undefined;
  // a loss that is no number is worse than any
  const best = Math.min(...own.map(([, loss]) => (Number.isFinite(loss) ? loss : Infinity)));
  const middle = median(means);
  return best > middle ? { step, best, median: middle, others: means.length } : undefined;
}

export const hopelessWords = ({ step, best, median: middle, others }: Hopeless): string =>
  `Given up at step ${step}: its best loss, ${formatNumber(best)}, is above ${formatNumber(middle)}, the median of the ${others} others' means.`;

/** Means of training losses that a run without evaluations is judged by. */
const WINDOWS = 20;

/** JSON has no NaN: in events of another process null stands for it. */
const real = (loss: number | null): number => loss ?? NaN;

/** The curve of one run: its validation losses, or where it has none before its end, means over windows of steps. */
export class RunCurve {
  readonly #evaluates: boolean;
  readonly #curve: [step: number, loss: number][] = [];
  #steps = 0;
  #sum = 0;
  #count = 0;

  /** `steps` of a run that is gone on with; others say it when they start. */
  constructor({ data, training }: Pick<ResolvedConfig, 'data' | 'training'>, steps = 0) {
    this.#evaluates = data.validation !== 0 && training.evaluateEvery > 0;
    this.#steps = steps;
  }

  get points(): Curve {
    return this.#curve;
  }

  get steps(): number {
    return this.#steps;
  }

  /** True where the event brought a new point. */
  add(event: RunEvent): boolean {
    if (event.event === 'started') this.#steps = event.steps;
    if (this.#evaluates) {
      if (event.event === 'evaluation') this.#curve.push([event.step, real(event.loss)]);
      return event.event === 'evaluation';
    }
    if (event.event !== 'step') return false;
    this.#sum += real(event.loss);
    this.#count++;
    if (event.step % Math.max(1, Math.ceil(this.#steps / WINDOWS)) !== 0) return false;
    this.#curve.push([event.step, this.#sum / this.#count]);
    [this.#sum, this.#count] = [0, 0];
    return true;
  }
}
