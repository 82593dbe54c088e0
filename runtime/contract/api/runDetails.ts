/** @file What lies behind a run's numbers, as the extension asks its helper process: a step's rows, the run's texts, a diagnosis. */
import type { ResolvedConfig } from '../config.ts';
import type { Diagnostic } from '../diagnostic.ts';
import type { Samples } from '../run.ts';

/** A row that a step learned from. */
export interface StepRow {
  /** Number in the training file, from 0. */
  readonly row: number;
  /** Where it stands, from 1: its line, or its row in a file without lines; absent where the file changed or is gone. */
  readonly line?: number;
  /** Its end, as JSON. */
  readonly text?: string;
  /** Mean over its supervised tokens; null where it isn't finite. */
  readonly loss: number | null;
  /** Part of the step's summed loss, 0..1. */
  readonly share: number;
  readonly tokens: number;
  readonly supervised: number;
  /** Of its supervised tokens in order; absent where the run didn't record them. */
  readonly tokenLosses?: readonly number[];
}

export interface StepRows {
  readonly step: number;
  /** The training file. */
  readonly file: string;
  /** The run's own config, resolved: what to read the file's rows with. */
  readonly config: string;
  /** The costliest first. */
  readonly rows: readonly StepRow[];
}

export interface RunTexts {
  /** As it was when the run began, comments and all. */
  readonly config: string;
  readonly resolved: ResolvedConfig | null;
  /** The end of log.txt. */
  readonly log: string;
  /** Of the adapter's file; absent while there is none. */
  readonly adapterBytes?: number;
}

export type RunDetailsApi = {
  /** @throws UserError `no-step` where the step wasn't recorded. */
  readonly 'run/rows': {
    readonly params: { readonly folder: string; readonly step: number };
    readonly result: StepRows;
  };
  readonly 'run/texts': { readonly params: { readonly folder: string }; readonly result: RunTexts };
  /** Held-out rows that base and adapter answered; null where the run asks none. */
  readonly 'run/samples': { readonly params: { readonly folder: string }; readonly result: Samples | null };
  /** What the run's numbers say against its config, at their places in it; nothing once the config has changed since. */
  readonly 'run/diagnose': {
    readonly params: { readonly folder: string };
    readonly result: { readonly config: string; readonly diagnostics: readonly Diagnostic[] };
  };
};
