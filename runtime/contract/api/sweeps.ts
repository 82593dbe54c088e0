/** @file Sweeps over variants and seeds: their state on disk, and how the extension asks its helper process about them. */

/** As in the runs' own records, and `hopeless`: stopped early because the others do better, not to be resumed. */
export type SweepRunStatus =
  'waiting' | 'running' | 'done' | 'stopped' | 'failed' | 'interrupted' | 'hopeless';

/** One run that was asked for. */
export interface SweepRun {
  /** Absent: the file as it is. */
  readonly variant?: string;
  readonly seed: number;
  readonly status: SweepRunStatus;
  /** The run's folder, absolute, once it has begun. */
  readonly folder?: string;
  /** Why it failed or was given up. */
  readonly message?: string;
}

/** `<output>/.sweeps/<id>/sweep.json`: replaced atomically. Times are UTC in ISO form. */
export interface Sweep {
  readonly id: string;
  /** The config's name without its ending. */
  readonly name: string;
  /** The config's own path. */
  readonly config: string;
  /** Keys changed for all its runs, `path=value`. */
  readonly sets: readonly string[];
  readonly created: string;
  readonly updated: string;
  /** Runs at the same time. */
  readonly parallel: number;
  readonly stopHopeless: boolean;
  /** In the order in which they are run. */
  readonly runs: readonly SweepRun[];
}

export interface SweepSummary {
  readonly sweep: Sweep;
  /** Absolute; the sweep's name in every request. */
  readonly folder: string;
  /** The process that works on it, while it lives. */
  readonly pid?: number;
}

export type SweepsApi = {
  /** Lists the sweeps of these output folders and reports changes from now on with `sweeps/changed`. A later call replaces them. */
  readonly 'sweeps/watch': {
    readonly params: { readonly outputs: readonly string[] };
    readonly result: { readonly sweeps: readonly SweepSummary[] };
  };
  /** Asks the sweep to stop: its runs after their current step, with checkpoints; no other one begins. */
  readonly 'sweep/stop': { readonly params: { readonly folder: string }; readonly result: null };
  /** What a config offers to sweep over. Throws `config-refused` where it can't be read. */
  readonly 'sweep/choices': {
    readonly params: { readonly config: string };
    readonly result: {
      readonly variants: readonly string[];
      readonly seed: number;
      readonly threads: number;
    };
  };
};

export type SweepsEvents = {
  /** All sweeps that are watched, as they are now: there are few. */
  readonly 'sweeps/changed': { readonly sweeps: readonly SweepSummary[] };
};
