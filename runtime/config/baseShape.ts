/** @file What a base offers to an adapter, what an adapter comes to on it, and where their words stand in the text. */
import type { Origin } from './located.ts';
import type { TargetOptions } from './targets.ts';

/** A linear of the base, the head included. */
export interface Linear {
  readonly path: string;
  readonly inputs: number;
  readonly outputs: number;
}

/** What the base has to offer. */
export interface BaseShape {
  readonly linears: readonly Linear[];
  /** Paths of all modules with weights: embedding, norms, linears. */
  readonly modules: readonly string[];
  /** Numbers in each module. */
  readonly sizes: ReadonlyMap<string, number>;
  readonly head: string;
  /** Modules that are trained whole, whatever a config says: a classifier. */
  readonly alwaysSaved?: readonly string[];
  /** Tokens of the longest row that it can read. */
  readonly positions: number;
}

/** What an adapter of this config comes to. */
export interface AdapterSummary {
  readonly matched: number;
  readonly linears: number;
  /** Numbers in A and B. */
  readonly parameters: number;
  /** Numbers in the modules that are trained whole. */
  readonly saved: number;
  /** The adapted linears with their rank, alpha and scale. */
  readonly targets: readonly TargetOptions[];
}

/** Where values and keys stand in the text. */
export interface Places {
  readonly at: (path: readonly (string | number)[]) => Origin;
  readonly keyAt: (path: readonly string[]) => Origin;
}
