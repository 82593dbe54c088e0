/** @file Runs side by side: what differs, what came out, seeds grouped. Computed by the runtime, shown by page and terminal. */
import type { RunStatus, SampleAnswer, SampleQuestion } from '../run.ts';
import type { RunPart } from '../steps.ts';

/** Mean of n values, and half the width of its 95 % interval (Student's t); no width for one value. */
export interface Interval {
  readonly n: number;
  readonly mean: number;
  readonly half?: number;
}

/** What came out of a run so far. Losses are means over supervised tokens. */
export interface RunMetrics {
  readonly step: number;
  readonly steps: number;
  /** Mean over the last ten steps. */
  readonly train?: number;
  readonly validation?: number;
  readonly best?: { readonly step: number; readonly loss: number };
  /** In steps, evaluations and checkpoints left out. */
  readonly seconds: number;
  readonly tokensPerSecond?: number;
  /** Training rows. */
  readonly rows?: number;
}

export interface ComparedRun {
  readonly folder: string;
  /** "tickets · rank 64", with the seed where that alone tells two apart. */
  readonly label: string;
  readonly seed: number;
  readonly status: RunStatus;
  /** Index into `groups`. */
  readonly group: number;
  readonly metrics: RunMetrics;
}

export type CompareSection = 'result' | 'config' | 'data' | 'environment';

/** A line of the table: one value a run, in words; empty where a run has none. */
export interface CompareRow {
  readonly section: CompareSection;
  readonly name: string;
  readonly values: readonly string[];
  readonly differs: boolean;
}

/** Runs that differ in their seed alone. */
export interface CompareGroup {
  readonly label: string;
  /** Indices into `runs`. */
  readonly runs: readonly number[];
  /** Those of them that the means are over: finished ones, where there are any, and the newest of a seed. */
  readonly counted: readonly number[];
  readonly train?: Interval;
  readonly validation?: Interval;
  readonly best?: Interval;
  readonly seconds?: Interval;
}

export interface Comparison {
  readonly runs: readonly ComparedRun[];
  readonly groups: readonly CompareGroup[];
  /** What changed against the first run's group, a line each other group. */
  readonly changes: readonly string[];
  readonly rows: readonly CompareRow[];
}

/** A training row and what each run made of it when it last saw it, as `samples.jsonl` has it. */
export interface ComparedSample {
  /** Counted from 0 in the training file. */
  readonly row: number;
  /** One loss a run, in the order that was asked for; null where the run never saw it. */
  readonly losses: readonly (number | null)[];
}

/** A held-out row and what base and runs answered to it. */
export interface ComparedAnswers extends SampleQuestion {
  readonly base: SampleAnswer | null;
  /** One a run, its newest; null where the run was not asked. */
  readonly given: readonly (({ readonly step: number } & SampleAnswer) | null)[];
}

export type CompareApi = {
  /**
   * Compares these runs and reports each change with `compare/changed` and `compare/events` until `compare/leave`. `page` names
   * the comparison: a second call with it replaces the first. Folders that hold no run are left out.
   */
  readonly 'compare/follow': {
    readonly params: { readonly page: string; readonly folders: readonly string[] };
    readonly result: {
      readonly comparison: Comparison;
      readonly runs: readonly { readonly folder: string; readonly parts: readonly RunPart[] }[];
    };
  };
  readonly 'compare/leave': { readonly params: { readonly page: string }; readonly result: null };
  /**
   * Training rows on which the runs differ most, where they learned from the same data; none where they did not. Losses are in the
   * order of `folders`; one that holds no run any more has none.
   */
  readonly 'compare/samples': {
    readonly params: { readonly folders: readonly string[]; readonly most: number };
    readonly result: { readonly samples: readonly ComparedSample[] };
  };
  /** Held-out rows with the newest answers of the runs, in the order of `folders`; none where none were sampled. */
  readonly 'compare/answers': {
    readonly params: { readonly folders: readonly string[] };
    readonly result: { readonly answers: readonly ComparedAnswers[] };
  };
};

export type CompareEvents = {
  readonly 'compare/changed': { readonly page: string; readonly comparison: Comparison };
  /** `restarted` means that the file began anew: forget what came before. */
  readonly 'compare/events': {
    readonly page: string;
    readonly folder: string;
    readonly parts: readonly RunPart[];
    readonly restarted: boolean;
  };
};
