/** @file What an experiment is, as data: a paper's claim, tasks, methods with their rates, seeds, and the questions that decide. */

/** Learning rates first · factor^k, k = 0 .. count - 1; while the best is at an edge the grid grows, `extend` rates at most. */
export interface Rates {
  readonly first: number;
  readonly factor: number;
  readonly count: number;
  readonly extend: number;
}

/** A method with its options: what is compared. */
export interface Arm {
  readonly name: string;
  /** The config's `method`. */
  readonly method: Readonly<Record<string, unknown>>;
  /** Keys of the config's `training` beside the study's. */
  readonly training?: { readonly steps?: number; readonly evaluateEvery?: number };
  readonly rates: Rates;
  /** Takes the best place k of another arm's grid for its own, and is not tuned. */
  readonly rateOf?: string;
  /** A step's time over plain LoRA's, for the estimate only. */
  readonly cost?: number;
  /** Where it can run only there, whatever the others run on. */
  readonly device?: 'cpu';
}

/** What is measured on an adapter after training; rows are held out. */
export interface Measure {
  readonly name: string;
  readonly kind: 'exact-match' | 'loss';
  readonly file: string;
}

/** Files are absolute. */
export interface Task {
  readonly name: string;
  /** Data and base in words. */
  readonly title: string;
  readonly base: string;
  /** The config's `data`. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly measures: readonly Measure[];
  /** On two quiet cores with plain LoRA: a step, an evaluation, and what a run takes beside them. */
  readonly seconds: { readonly step: number; readonly evaluation: number; readonly rest: number };
}

/**
 * A number of a trained adapter: "validation" (loss at the end), "validation@20" (at that step), a measure's name, or a fact of
 * the method's events ("routing: ...").
 */
export type Quantity = string;

/** What is asked of a study's results; `verdict.ts` states when it is answered with yes. */
export type Question =
  | {
      readonly kind: 'compare';
      readonly arm: string;
      readonly than: string;
      readonly at: Quantity;
      readonly claim: 'less' | 'more';
    }
  /** Nothing is claimed: which of the two is it? */
  | { readonly kind: 'differ'; readonly arm: string; readonly than: string; readonly at: Quantity }
  /** Lower is better: the arm's mean exceeds the other's by no more than this share of it. */
  | {
      readonly kind: 'no worse';
      readonly arm: string;
      readonly than: string;
      readonly at: Quantity;
      readonly margin: number;
    }
  | {
      readonly kind: 'side';
      readonly arm: string;
      readonly at: Quantity;
      readonly claim: 'less' | 'more';
      readonly than: number;
    }
  /** Every seed reaches it. */
  | { readonly kind: 'each'; readonly arm: string; readonly at: Quantity; readonly least: number };

/** One task with its methods; everything of it is computed with the same steps, rows and seeds. */
export interface Study {
  readonly name: string;
  readonly task: Task;
  readonly arms: readonly Arm[];
  /** The config's `training` that all arms share, but for rate and seed. */
  readonly training: { readonly steps: number; readonly evaluateEvery: number } & Readonly<
    Record<string, unknown>
  >;
  readonly seeds: readonly number[];
  /** Each rate is tried with the first so many seeds. */
  readonly tuningSeeds: number;
  /** Columns of the table beside the validation loss at the end. */
  readonly shown: readonly Quantity[];
  readonly questions: readonly Question[];
}

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Experiment {
  readonly name: string;
  readonly title: string;
  readonly claim: { readonly text: string; readonly source: string };
  readonly studies: readonly Study[];
  /** What is reckoned without training. */
  readonly tables?: () => readonly Table[];
  /** Methods of a study whose memory is measured. */
  readonly memory?: { readonly study: string; readonly arms: readonly string[] };
  /** Each a sentence: what was not done, or differs from the paper. */
  readonly leftOut: readonly string[];
}

/** One training: an arm at the k-th rate of its grid, with a seed. */
export interface Trial {
  readonly arm: string;
  readonly k: number;
  readonly seed: number;
}

export interface TrialResult {
  /** Why it came to nothing, such as a loss that is no number. */
  readonly failed?: string;
  readonly trainable: number;
  /** Training losses, step by step. */
  readonly losses: readonly number[];
  readonly evaluations: readonly { readonly step: number; readonly loss: number }[];
  /** Of `measures`, and of the method's events: by name. */
  readonly measured: Readonly<Record<string, number>>;
  /** A step in the middle of all; evaluation and everything else beside. */
  readonly seconds: { readonly step: number; readonly total: number };
  /** Which state of the code computed it. */
  readonly code: string;
  /** What it was trained on; results of earlier versions don't tell. */
  readonly machine?: string;
}

/** A finished trial; `key` names it in the store. */
export interface Done {
  readonly trial: Trial;
  readonly key: string;
  readonly result: TrialResult;
}

/** The base without an adapter, as a result of no steps; `key` names it in the store. */
export type Alone = Omit<Done, 'trial'>;

/** What is known of a study. */
export interface StudyResult {
  readonly study: Study;
  readonly done: readonly Done[];
  readonly alone?: Alone | undefined;
}

/** The k-th rate, rounded to three digits so that it reads as it was used. */
export const rateAt = ({ first, factor }: Rates, k: number): number =>
  Number((first * factor ** k).toPrecision(3));

/** Undefined where the run failed, or has no such number that is finite. */
export function quantityOf(result: TrialResult, quantity: Quantity): number | undefined {
  if (result.failed !== undefined) return undefined;
  const [name, step] = quantity.split('@');
  const value =
    name !== 'validation'
      ? result.measured[quantity]
      : step === undefined
        ? result.evaluations.at(-1)?.loss
        : result.evaluations.find((evaluation) => evaluation.step === Number(step))?.loss;
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}
