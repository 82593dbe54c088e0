/** @file What a base offers to an adapter, what an adapter comes to on it, and where their words stand in the text. */
import type { Task } from '../contract/config.ts';
import type { Origin } from './located.ts';
import { addNumbers, noNumbers } from '../methods/layerNumbers.ts';
import type { LayerNumbers } from '../methods/layerNumbers.ts';
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
  /** What it learns beside continuing text; absent for that. */
  readonly task?: Task;
}

/** One adapted linear, and how many numbers it brings. */
export type AdaptedTarget = TargetOptions & LayerNumbers;

/** What an adapter of this config comes to. */
export interface AdapterSummary {
  readonly matched: number;
  readonly linears: number;
  /** Numbers that are trained at the adapted linears. */
  readonly parameters: number;
  /** Numbers of the adapter that stay as they start, and those in its file, whole modules left out. */
  readonly frozen: number;
  readonly stored: number;
  /** Numbers in the modules that are trained whole. */
  readonly saved: number;
  /** The adapted linears with their rank, alpha and scale. */
  readonly targets: readonly AdaptedTarget[];
}

/** What these linears come to together; `saved` numbers are trained whole beside them. */
export function adapterSummary(
  { linears }: Pick<BaseShape, 'linears'>,
  targets: readonly AdaptedTarget[],
  saved: number,
): AdapterSummary {
  const { trained: parameters, ...rest } = targets.reduce<LayerNumbers>(addNumbers, noNumbers);
  return { matched: targets.length, linears: linears.length, parameters, ...rest, saved, targets };
}

/** Where values and keys stand in the text. */
export interface Places {
  readonly at: (path: readonly (string | number)[]) => Origin;
  readonly keyAt: (path: readonly string[]) => Origin;
}
