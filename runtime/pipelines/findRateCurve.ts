/**
 * @file The range test's rule (L. N. Smith, "Cyclical learning rates for training neural networks", WACV 2017, section 3.3):
 * the rate grows from step to step, the loss falls, then rises; a good rate lies where it falls fastest. Pure.
 */

/** Rate and loss of a step: the loss of its batch before the update with that rate. */
export type RatePoint = readonly [rate: number, loss: number];

export interface RateVerdict {
  /** The smaller of `steepest` and a tenth of `best`; absent where the loss never fell. */
  readonly suggestion?: number;
  /** Where the smoothed loss falls fastest over the logarithm of the rate. */
  readonly steepest?: number;
  /** Where the smoothed loss is lowest. */
  readonly best?: number;
  /** The rate at which the test ended because the loss ran away; absent where it never did. */
  readonly diverged?: number;
  readonly points: readonly RatePoint[];
}

/** Rate of 0-based step t of `steps`: low (high / low)^(t / (steps - 1)), so that each decade gets as many steps. */
export const rateAt = (low: number, high: number, steps: number, t: number): number =>
  low * (high / low) ** (steps < 2 ? 0 : t / (steps - 1));

/** Weight of the past in the smoothed loss: about five steps, since each step's rows are others. */
const SMOOTHING = 0.8;
/** The loss has run away when its smoothed value exceeds the lowest one so many times (as fastai's finder does). */
const RUNAWAY = 4;
/** A share of the first value that the loss must have fallen by before a fall counts as one. */
const LEAST_FALL = 0.02;
/** Where the loss is lowest the next larger rate already harms: a tenth of it is safe (Smith's own advice, and fastai's). */
const SAFETY = 10;

/** Exponential mean with the start's bias divided out, so that the first values are no copy of the first one. */
export function smoothed(losses: readonly number[]): number[] {
  let [mean, total] = [0, 0];
  return losses.map((loss) => {
    mean = SMOOTHING * mean + (1 - SMOOTHING) * loss;
    total = SMOOTHING * total + (1 - SMOOTHING);
    return mean / total;
  });
}

/** Whether the last loss is no number, or the smoothed one has left the lowest behind. */
export function hasDiverged(losses: readonly number[]): boolean {
  const last = losses.at(-1);
  if (last === undefined) return false;
  if (!Number.isFinite(last)) return true;
  const smooth = smoothed(losses);
  return smooth.at(-1)! > RUNAWAY * Math.min(...smooth);
}

/** Slope at each point over ln(rate), by its neighbours; at least two points with ascending rates. */
function slopes(points: readonly RatePoint[], smooth: readonly number[]): number[] {
  return points.map((_, i) => {
    const [before, after] = [Math.max(0, i - 1), Math.min(points.length - 1, i + 1)];
    return (smooth[after]! - smooth[before]!) / Math.log(points[after]![0] / points[before]![0]);
  });
}

const indexOfLeast = (values: readonly number[]): number =>
  values.reduce((least, value, i) => (value < values[least]! ? i : least), 0);

/**
 * The verdict over a test's points, rates ascending. `diverged` says that the last point is the one at which it ended.
 * Its limits: it sees the first steps of a fresh adapter only, so a long run, another schedule or another batch may want
 * another rate; a loss that a few steps bring close to its end makes every later rate look steep or flat.
 */
export function judgeRates(points: readonly RatePoint[], diverged: boolean): RateVerdict {
  const end = diverged ? { diverged: points.at(-1)![0] } : {};
  const finite = points.filter(([, loss]) => Number.isFinite(loss));
  const smooth = smoothed(finite.map(([, loss]) => loss));
  const lowest = indexOfLeast(smooth);
  const fell = finite.length > 2 && smooth[lowest]! < (1 - LEAST_FALL) * smooth[0]!;
  if (!fell) return { ...end, points };
  const falling = slopes(finite, smooth).slice(0, lowest + 1);
  const steepest = finite[indexOfLeast(falling)]![0];
  const best = finite[lowest]![0];
  return { suggestion: Math.min(steepest, best / SAFETY), steepest, best, ...end, points };
}
