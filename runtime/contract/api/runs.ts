/** @file Runs, as the extension asks its helper process about them. */
import type { RunRecord } from '../run.ts';
import type { CodedParts, RunPart } from '../steps.ts';

/** One run in the list: its record as it stands on disk, and how far it is. */
export interface RunSummary {
  readonly record: RunRecord;
  /** The run's folder, absolute: the run's name in every request. */
  readonly folder: string;
  /** The name that a person gave it, where they did. */
  readonly label?: string;
  /** The process that holds the run's lock, while it lives. */
  readonly pid?: number;
  /** From the last step on disk; while a run goes on it is newer than the record. */
  readonly progress?: { readonly step: number; readonly loss: number; readonly secondsLeft?: number };
}

/** A file or folder that the run read: the base, the training rows, the validation rows. */
export interface ChangedInput {
  readonly role: string;
  readonly path: string;
  readonly what: 'changed' | 'missing';
}

export interface RunOrigin {
  /** A training with this run's recorded config and seed would read other content here. */
  readonly changed: readonly ChangedInput[];
}

export interface RunTrial {
  readonly base: string;
  readonly adapter: string;
  /** From the run's own data, for a first question: the system turn that its rows have, and what the first asks. */
  readonly system?: string;
  readonly prompt?: string;
}

export type RunsApi = {
  /**
   * Lists the runs under these folders and reports changes from now on with `runs/changed`. `configs` are config files,
   * whose output folders are added. A later call replaces the folders.
   */
  readonly 'runs/watch': {
    readonly params: { readonly folders: readonly string[]; readonly configs: readonly string[] };
    readonly result: { readonly runs: readonly RunSummary[] };
  };
  /** All events of a run so far, those of a long run with an overview of its steps; more come as `run/events` until `run/leave`. */
  readonly 'run/follow': {
    readonly params: { readonly folder: string };
    readonly result: {
      readonly summary: RunSummary;
      readonly steps: CodedParts;
      readonly isOverview: boolean;
    };
  };
  /** All events of a run that is followed, where `run/follow` gave an overview. */
  readonly 'run/whole': { readonly params: { readonly folder: string }; readonly result: CodedParts };
  readonly 'run/leave': { readonly params: { readonly folder: string }; readonly result: null };
  /** Asks the run to stop after its current step, with a checkpoint. */
  readonly 'run/stop': { readonly params: { readonly folder: string }; readonly result: null };
  /** The run as it stands on disk now, read anew. */
  readonly 'run/read': { readonly params: { readonly folder: string }; readonly result: RunSummary };
  /** Gives the run a name of its own; an empty one takes it away. Also while the run goes on: its record is left alone. */
  readonly 'run/rename': {
    readonly params: { readonly folder: string; readonly label: string };
    readonly result: null;
  };
  /** What the run was made from, and what of it has another content now. */
  readonly 'run/origin': { readonly params: { readonly folder: string }; readonly result: RunOrigin };
  /** What it takes to try the run's adapter. */
  readonly 'run/trial': { readonly params: { readonly folder: string }; readonly result: RunTrial };
  /** True for the one window that tells a person about this end of the run; false for all that ask later. */
  readonly 'run/claim': {
    readonly params: { readonly folder: string };
    readonly result: { readonly first: boolean };
  };
};

export type RunsEvents = {
  /** Only what changed since the last message; `gone` are folders that were deleted. */
  readonly 'runs/changed': { readonly runs: readonly RunSummary[]; readonly gone: readonly string[] };
  /** `restarted` means that the file began anew: forget what came before. */
  readonly 'run/events': {
    readonly folder: string;
    readonly parts: readonly RunPart[];
    readonly restarted: boolean;
  };
};
