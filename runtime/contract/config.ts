/** @file The config file after its text was resolved: every default explicit, every path absolute. */

/**
 * Which linears get an adapter, as PEFT reads it: "all-linear" (each linear of the blocks, the head left out), any other
 * string is a regular expression that has to match a whole module path, a list holds names or their dotted suffixes.
 */
export type TargetSpec = string | readonly string[];

export type DataFormat =
  | 'chat'
  | 'chat-split'
  | 'prompt-completion'
  | 'text'
  | 'alpaca'
  | 'sharegpt'
  | 'preference'
  | 'classification'
  | 'tokenised';

/**
 * What a base's head says where it isn't the token that follows. `classification`: the class of a row. `seq2seq`: the next token of a
 * text that is written about another one.
 */
export type Task = 'classification' | 'seq2seq';

export interface DataConfig {
  readonly train: string;
  /** A file, or the share of the training rows to hold out (0..1); 0 switches evaluation off. */
  readonly validation: string | number;
  /** Rows are cut at this many tokens. */
  readonly length: number;
  readonly packing: boolean;
  readonly shuffle: boolean;
  readonly format?: DataFormat;
  /** Our field's name -> the file's column, e.g. { prompt: "question", completion: "answer" }. */
  readonly columns?: Readonly<Record<string, string>>;
  /** "none" joins prompt and completion as they are; a path reads a Jinja template; absent uses the base's own. */
  readonly template?: string;
  readonly trainOn: 'assistant' | 'last' | 'all';
  /** Rows of `train` to leave out, as messages number them: 12, or "12-20". */
  readonly exclude?: readonly (number | string)[];
}

/** What every kind has; a kind's own keys, checked against those it declares, stand beside. */
export interface MethodConfig {
  readonly kind: string;
  readonly rank: number;
  readonly targets: TargetSpec;
  /** Blocks to adapt, counted from 0; absent means all. */
  readonly layers?: readonly number[];
  /** Regular expression on module paths -> rank there; the first match in order wins. */
  readonly rankPattern: Readonly<Record<string, number>>;
  readonly modulesToSave: readonly string[];
  /** An adapter folder to continue from. */
  readonly from?: string;
  /** These are keys of most kinds, absent where a kind has none. */
  readonly alpha?: number;
  readonly alphaPattern?: Readonly<Record<string, number>>;
  readonly dropout?: number;
  readonly rankStabilized?: boolean;
  readonly [own: string]: unknown;
}

export interface TrainingConfig {
  readonly epochs: number;
  /** Overrides `epochs` where present. */
  readonly steps?: number;
  /** Rows a micro-batch. */
  readonly batch: number;
  /** A budget of whole rows in tokens a micro-batch; stands in the place of `batch` where present. */
  readonly tokens?: number;
  readonly accumulate: number;
  readonly optimizer: 'adamw' | 'sgd';
  readonly learningRate: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly momentum: number;
  readonly weightDecay: number;
  /** Decay biases and norms too. */
  readonly decayAll: boolean;
  readonly schedule: 'constant' | 'linear' | 'cosine';
  /** Below 1 a fraction of the steps, from 1 on a number of steps. */
  readonly warmup: number;
  /** Largest norm of the gradient; 0 switches clipping off. */
  readonly clip: number;
  readonly seed: number;
  /** Steps between evaluations and checkpoints; 0 = only at the end. */
  readonly evaluateEvery: number;
  readonly checkpointEvery: number;
  /** Stop after this many evaluations without a better loss; 0 = never. */
  readonly patience: number;
  readonly keepBest: boolean;
  /** Held-out rows that base and adapter answer at each evaluation. */
  readonly samples: number;
}

export type DeviceName = 'auto' | 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml';
export type MemoryPolicy = 'fast' | 'balanced' | 'low';

export interface ResolvedConfig {
  /** A folder with safetensors or a .gguf file, both absolute; a hub id stands for its local copy. */
  readonly base: string;
  readonly data: DataConfig;
  readonly method: MethodConfig;
  readonly training: TrainingConfig;
  readonly device: DeviceName;
  readonly memory: MemoryPolicy;
  /** Folder for runs, absolute. */
  readonly output: string;
}
