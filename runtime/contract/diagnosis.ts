/** @file What a run's numbers say: findings with their evidence and what to do. Pure: the page, `runs` and the editor say the same. */
import { formatCount, formatNumber } from './format.ts';
import type { RunStatus } from './run.ts';

export interface RunNumbers {
  /** Columns of equal length, one entry a step; NaN where a value wasn't finite. */
  readonly step: ArrayLike<number>;
  readonly loss: ArrayLike<number>;
  readonly gradNorm: ArrayLike<number>;
  readonly learningRate: ArrayLike<number>;
  readonly evaluations: readonly { readonly step: number; readonly loss: number }[];
  readonly status: RunStatus;
  readonly failure?: { readonly message: string; readonly code?: string } | undefined;
}

export interface Finding {
  /** Stable, kebab-case. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly title: string;
  /** The numbers it follows from. */
  readonly evidence: string;
  readonly hint: string;
  /** The config's key to look at: `training.learningRate`. */
  readonly key: string;
  /** The step to look at. */
  readonly step?: number;
}

/** Fewer steps say nothing about a trend. */
const fewest = 30;
/** Steps before a spike that say what is usual. */
const before = 10;

interface Window {
  /** First and last step of it. */
  readonly from: number;
  readonly to: number;
  readonly mean: number;
  /** Standard deviation of a single step. */
  readonly spread: number;
}

/** Ten windows of equal length (the rest goes to the first), finite losses only. */
function windows({ step, loss }: RunNumbers): Window[] {
  const length = Math.floor(loss.length / 10);
  const rest = loss.length - 10 * length;
  return Array.from({ length: 10 }, (_, i) => {
    const begin = i === 0 ? 0 : rest + i * length;
    const end = rest + (i + 1) * length;
    let [sum, squares, count] = [0, 0, 0];
    for (let k = begin; k < end; k++) {
      const value = loss[k]!;
      if (!Number.isFinite(value)) continue;
      sum += value;
      squares += value * value;
      count++;
    }
    const mean = sum / Math.max(1, count);
    const spread = Math.sqrt(Math.max(0, squares / Math.max(1, count) - mean * mean));
    return { from: step[begin]!, to: step[end - 1]!, mean, spread };
  });
}

const span = ({ from, to }: Window): string => `steps ${formatCount(from)} to ${formatCount(to)}`;

function failures({ failure, learningRate }: RunNumbers): Finding[] {
  const rate = learningRate[learningRate.length - 1];
  switch (failure?.code) {
    case 'loss-not-finite':
      return [
        {
          code: 'run-not-finite',
          severity: 'error',
          title: 'The loss stopped being a number',
          evidence: failure.message,
          hint: `Look at the named rows; if they are sound, lower the learning rate${rate === undefined ? '' : ` (${formatNumber(rate)} at the end)`}, or warm up longer.`,
          key: 'training.learningRate',
        },
      ];
    case 'no-supervised-token':
      return [
        {
          code: 'run-all-masked',
          severity: 'error',
          title: 'Nothing to learn from',
          evidence: failure.message,
          hint: 'All tokens are masked: check data.trainOn, and that data.length does not cut the answers off.',
          key: 'data.trainOn',
        },
      ];
    case undefined:
    default:
      return [];
  }
}

/** No gradient reaches the adapter: it can't learn, whatever else is set. */
function dead({ gradNorm, step }: RunNumbers): Finding[] {
  let zeros = 0;
  for (let i = 0; i < gradNorm.length; i++) if (gradNorm[i] === 0) zeros++;
  if (zeros < 5 || zeros < gradNorm.length / 2) return [];
  return [
    {
      code: 'run-dead-adapter',
      severity: 'error',
      title: 'The adapter does not learn',
      evidence: `The gradient's norm is 0 in ${formatCount(zeros)} of ${formatCount(step.length)} steps.`,
      hint: 'No gradient reaches it: check method.targets and method.layers, and that alpha is not 0.',
      key: 'method.targets',
    },
  ];
}

function trend(numbers: RunNumbers): Finding[] {
  if (numbers.loss.length < fewest) return [];
  const all = windows(numbers);
  const [first, last] = [all[0]!, all[9]!];
  const best = all.reduce((a, b) => (b.mean < a.mean ? b : a));
  // A window's mean strays by its spread over the root of its steps; three of these are no accident.
  const noise = (3 * Math.max(best.spread, last.spread)) / Math.sqrt(numbers.loss.length / 10);
  // Near its end a loss trembles at a small part of what it was: a rise counts by what was won before.
  const rise = last.mean - best.mean;
  if (last.mean > 1.2 * best.mean && rise > noise && rise > 0.02 * (first.mean - best.mean))
    return [
      {
        code: 'run-diverging',
        severity: 'warning',
        title: 'The loss rises again',
        evidence: `Mean loss ${formatNumber(best.mean)} in ${span(best)}, ${formatNumber(last.mean)} in ${span(last)}.`,
        hint: 'Lower the learning rate or let it decay (training.schedule); resume from the checkpoint before the rise.',
        key: 'training.learningRate',
        step: last.from,
      },
    ];
  if (first.mean - best.mean < 0.02 * Math.abs(first.mean) && first.mean - last.mean < 0.02 * first.mean)
    return [
      {
        code: 'run-flat',
        severity: 'warning',
        title: 'The loss does not fall',
        evidence: `Mean loss ${formatNumber(first.mean)} in ${span(first)}, ${formatNumber(last.mean)} in ${span(last)}: less than 2 % better.`,
        hint: 'Raise the learning rate by 3 to 10 times, and look at the mask: is what should be learned trained at all?',
        key: 'training.learningRate',
      },
    ];
  return [];
}

/** Mean loss of the steps up to `step`, over a tenth of the run. */
function lossNear({ step, loss }: RunNumbers, at: number): number {
  const length = Math.max(5, Math.floor(loss.length / 10));
  let [sum, count] = [0, 0];
  for (let i = loss.length - 1; i >= 0 && count < length; i--) {
    if (step[i]! > at || !Number.isFinite(loss[i]!)) continue;
    sum += loss[i]!;
    count++;
  }
  return sum / Math.max(1, count);
}

/** Better on what it trains on, worse on what it doesn't. */
function overfitting(numbers: RunNumbers): Finding[] {
  const evaluations = numbers.evaluations.filter(({ loss }) => Number.isFinite(loss));
  const last = evaluations.at(-1);
  if (last === undefined || evaluations.length < 3) return [];
  const best = evaluations.reduce((a, b) => (b.loss < a.loss ? b : a));
  const since = evaluations.filter(({ step }) => step > best.step).length;
  const [trainBest, trainLast] = [lossNear(numbers, best.step), lossNear(numbers, last.step)];
  if (since < 2 || last.loss < 1.05 * best.loss || trainLast >= trainBest) return [];
  return [
    {
      code: 'run-overfitting',
      severity: 'warning',
      title: 'Over-fitting',
      evidence: `Validation loss rose from ${formatNumber(best.loss)} at step ${formatCount(best.step)} to ${formatNumber(last.loss)} at step ${formatCount(last.step)}, while the training loss fell from ${formatNumber(trainBest)} to ${formatNumber(trainLast)}.`,
      hint: 'Keep the best adapter (training.keepBest), stop earlier (training.patience, fewer epochs), or add data.',
      key: numbers.status === 'done' ? 'training.epochs' : 'training.patience',
      step: best.step,
    },
  ];
}

/** The last values in order, so that their quartiles are at hand: one odd value doesn't move these, as it would a mean. */
class Recent {
  readonly #sorted: number[] = [];

  get count(): number {
    return this.#sorted.length;
  }

  /** Value below which `share` of them lie. */
  quantile(share: number): number {
    return this.#sorted[Math.floor(share * (this.#sorted.length - 1))]!;
  }

  #place(value: number): number {
    let place = 0;
    while (place < this.#sorted.length && this.#sorted[place]! < value) place++;
    return place;
  }

  add(value: number): void {
    if (Number.isFinite(value)) this.#sorted.splice(this.#place(value), 0, value);
  }

  remove(value: number): void {
    if (Number.isFinite(value)) this.#sorted.splice(this.#place(value), 1);
  }
}

/** Steps far above those before: many speak of the learning rate, one of its rows. */
function spikes({ step, loss, learningRate, gradNorm }: RunNumbers): Finding[] {
  const recent = new Recent();
  const found: number[] = [];
  let start: number | undefined;
  for (let i = 0; i < loss.length; i++) {
    if (recent.count === before) {
      const spread = recent.quantile(0.75) - recent.quantile(0.25);
      const usual = recent.quantile(0.5);
      start ??= usual;
      // Near zero a loss trembles by its own size: a spike also counts by where the run began.
      if (loss[i]! > 2 * usual && loss[i]! > usual + 4 * spread + 0.02 * start) found.push(i);
    }
    recent.add(loss[i]!);
    if (i >= before) recent.remove(loss[i - before]!);
  }
  const worst = found.reduce<number | undefined>(
    (a, b) => (a === undefined || loss[b]! > loss[a]! ? b : a),
    undefined,
  );
  if (worst === undefined) return [];
  const at = `${formatNumber(loss[worst]!)} at step ${formatCount(step[worst]!)} (gradient norm ${formatNumber(gradNorm[worst]!)}, learning rate ${formatNumber(learningRate[worst]!)})`;
  const many = found.length >= 3;
  return [
    {
      code: 'run-spikes',
      severity: 'warning',
      title: many ? 'The loss jumps' : 'A step stands out',
      evidence: `${found.length === 1 ? 'One step is' : `${formatCount(found.length)} steps are`} more than twice what the ${before} before cost; the highest is ${at}.`,
      hint: many
        ? 'Lower the learning rate, warm up longer (training.warmup) or clip gradients (training.clip).'
        : 'Click it to see its rows: a broken row costs many times what the others do.',
      key: many ? 'training.learningRate' : 'data.train',
      step: step[worst]!,
    },
  ];
}

/** The gravest first; empty for a run that looks sound, or is too young to say. */
export function diagnose(numbers: RunNumbers): Finding[] {
  const fatal = [...failures(numbers), ...dead(numbers)];
  return fatal.length > 0 ? fatal : [...trend(numbers), ...overfitting(numbers), ...spikes(numbers)];
}
