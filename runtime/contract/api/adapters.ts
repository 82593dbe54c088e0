/** @file Configs and what came of them, as the extension asks its helper process about them. */
import type { ChangedInput } from './runs.ts';

/** One view of a config file: the file as it is, or one of its named overrides. */
export interface VariantSummary {
  /** Absent for the file as it is. */
  readonly name?: string;
  /** Digest of the resolved config without seed and output; absent where the config has an error. */
  readonly digest?: string;
}

export interface AdapterConfig {
  /** Absolute. */
  readonly file: string;
  /** The file as it is first, then each named override in the file's order. */
  readonly variants: readonly VariantSummary[];
  /** The first mistake, with its line, where there is one. */
  readonly problem?: string;
  /** Mistakes in the file and its variants. */
  readonly errors: number;
}

/** What a run's folder says about its config. */
export interface RunLineage {
  readonly folder: string;
  /** Digest of the recorded config, as in `VariantSummary`; absent where the folder holds none. */
  readonly digest?: string;
  readonly changed: readonly ChangedInput[];
}

export type AdaptersApi = {
  /** Reads configs, without their bases. */
  readonly 'adapters/list': {
    readonly params: { readonly configs: readonly string[] };
    readonly result: { readonly configs: readonly AdapterConfig[] };
  };
  /** Reads of these runs what they were made from, and whether that is still so. */
  readonly 'adapters/lineage': {
    readonly params: { readonly folders: readonly string[] };
    readonly result: { readonly runs: readonly RunLineage[] };
  };
  /** Bases and data files for a new config: those that the hub's cache on this machine holds. */
  readonly 'adapters/bases': {
    readonly params: Readonly<Record<string, never>>;
    readonly result: { readonly bases: readonly string[] };
  };
};
