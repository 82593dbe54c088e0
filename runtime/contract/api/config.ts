/** @file Configs, as the extension asks its helper process about them: texts that need not be saved. */
import type { Diagnostic, Fix, TextRange } from '../diagnostic.ts';

/** Bytes by what they are for. */
export interface MemoryParts {
  readonly weights: number;
  readonly activations: number;
  readonly working: number;
  readonly adapter: number;
  readonly process: number;
  readonly total: number;
  /** Rows were not read yet: the most it can be. */
  readonly atMost: boolean;
}

/** What a step is likely to take, and what says so: a run of this base on this device, or the device's measured rate. */
export interface StepTime {
  readonly seconds: number;
  /** Of a full step. */
  readonly tokens: number;
  readonly from: { readonly run: string } | { readonly gigaflops: number };
}

/** The file as it is, or one of its variants. */
export interface ConfigView {
  readonly variant?: string;
  /** Nothing in it is refused. */
  readonly valid: boolean;
  /** Where its name stands, for a variant; where `targets` or else `method` stands, for the file. */
  readonly anchor: TextRange;
  readonly adapter?: {
    readonly matched: number;
    readonly linears: number;
    /** Numbers that are trained, whole modules among them. */
    readonly parameters: number;
    /** Factors on B A, each once. */
    readonly scales: readonly number[];
    /** Of the adapter's file. */
    readonly bytes: number;
  };
  readonly memory?: MemoryParts;
  readonly steps?: number;
  /** Absent where nothing was measured here that tells. */
  readonly stepTime?: StepTime;
  readonly data?: {
    readonly rows: number;
    /** All rows were read; else about so many. */
    readonly exact: boolean;
    readonly longest: number;
    readonly percentile95: number;
  };
}

export interface ConfigReport {
  readonly diagnostics: readonly Diagnostic[];
  /** The file first, then each variant in its order. */
  readonly views: readonly ConfigView[];
  /** Bytes that a process may have on this machine. */
  readonly machineBytes: number;
  /** Writes the learning rate that the finder suggests for this file; absent where it stands there already. */
  readonly setSuggestedRate?: Fix;
  /** Writes a new variant with half the rank; absent where the text is no object. */
  readonly addVariant?: Fix;
}

export interface ConfigPosition {
  readonly path: string;
  readonly text: string;
  readonly offset: number;
}

export interface ConfigHover {
  readonly range: TextRange;
  /** Plain text, a fact a line. */
  readonly lines: readonly string[];
  /** Below them: where more of it is written. */
  readonly links?: readonly HoverLink[];
}

/** The page of a method or initialiser that this program brings (media/methods), or its paper. */
export type HoverLink =
  | { readonly kind: 'page'; readonly name: string; readonly title: string }
  | { readonly kind: 'paper'; readonly arxiv: string };

export interface ConfigCompletions {
  /** What an item replaces. */
  readonly range: TextRange;
  readonly items: readonly {
    /** The value; written as JSON. */
    readonly value: string;
    /** What comes behind it, as it is: of a key its usual value. */
    readonly follows?: string;
    readonly detail: string;
    /** Plain text. */
    readonly doc?: string;
    readonly kind: 'module' | 'file' | 'folder' | 'key';
  }[];
}

/** A method that a config could have, or LoRA with start values. */
export interface MethodChoice {
  /** Of its page. */
  readonly name: string;
  readonly title: string;
  /** One line. */
  readonly doc: string;
  readonly isCurrent: boolean;
  /** Writes it into the file, and takes out keys that it hasn't; absent where the text can't take it. */
  readonly change?: Fix;
  /** Writes it into a variant of its own. */
  readonly variant?: Fix;
}

/** A config of another tool as one of ours. */
export interface ImportedConfig {
  /** The tool's name for people: "axolotl". */
  readonly tool: string;
  /** JSON with comments. */
  readonly text: string;
  readonly mapped: readonly {
    readonly from: string;
    readonly to: string;
    /** Where the value was changed on the way. */
    readonly note?: string;
  }[];
  readonly unmapped: readonly { readonly key: string; readonly reason: string }[];
}

export type ConfigApi = {
  /**
   * Everything that `check` on the command line says about this text, and what an editor shows beside it. What the rows of the
   * data tell may be missing at first: `config/refreshed` says when to ask again.
   */
  readonly 'config/check': {
    readonly params: { readonly path: string; readonly text: string };
    readonly result: ConfigReport;
  };
  readonly 'config/hover': { readonly params: ConfigPosition; readonly result: ConfigHover | null };
  readonly 'config/complete': {
    readonly params: ConfigPosition;
    readonly result: ConfigCompletions | null;
  };
  readonly 'config/methods': {
    readonly params: { readonly path: string; readonly text: string };
    readonly result: readonly MethodChoice[];
  };
  /** Refuses what no tool of ours wrote with `import-unknown`. */
  readonly 'config/import': {
    readonly params: { readonly path: string; readonly text: string };
    readonly result: ImportedConfig;
  };
};

export type ConfigEvents = {
  /** Something that a check of this config tells has become known: its rows, its memory, the speed of a run. */
  readonly 'config/refreshed': { readonly path: string };
};
