/** @file A run as other processes see it: `run.json` and the lines of `metrics.jsonl` and `samples.jsonl`. */
import type { MemoryPolicy, MethodConfig } from './config.ts';

/** `interrupted` is never written: a reader says it when a running run's lock names a process that is gone. */
export type RunStatus = 'waiting' | 'running' | 'stopped' | 'failed' | 'done' | 'interrupted';

/** Steps count from 1; `loss` is the mean over the supervised tokens before the update; nothing is rounded. */
export interface StepEvent {
  readonly event: 'step';
  readonly step: number;
  readonly loss: number;
  readonly gradNorm: number;
  readonly learningRate: number;
  readonly tokens: number;
  readonly supervised: number;
  readonly seconds: number;
  /** The process's memory after the step, in bytes; absent in older runs. */
  readonly memory?: number;
}

export interface EvaluationEvent {
  readonly event: 'evaluation';
  readonly step: number;
  readonly loss: number;
  readonly tokens: number;
  /** Share of the rows whose class is right, of a base that classifies; absent in older runs too. */
  readonly accuracy?: number;
  /** Of the smaller model that is trained, where the loss is that of its original (LoRAM). */
  readonly trainedLoss?: number;
  readonly seconds: number;
  readonly best: boolean;
}

/** What a method has to show of its layers, by path and name: at step 0 of its start values, later of what it became. */
export interface MethodEvent {
  readonly event: 'method';
  readonly step: number;
  readonly layers: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export type RunEvent =
  | {
      readonly event: 'started';
      readonly run: string;
      readonly steps: number;
      readonly rows: number;
      readonly trainable: number;
      /** Numbers of the adapter that stay as they start; absent in older runs. */
      readonly frozen?: number;
      /** Names of the classes by id, of a base that classifies. */
      readonly classes?: readonly string[];
      readonly baseLoss?: number;
      readonly estimatedBytes?: number;
      /** Of the base, embedding and head included; absent in older runs. */
      readonly baseParameters?: number;
      /** Arithmetic of forward and backward for a token of this data, and of a second of bare products here. */
      readonly flopsPerToken?: number;
      readonly peakFlops?: number;
    }
  | StepEvent
  | EvaluationEvent
  | MethodEvent
  | { readonly event: 'checkpoint'; readonly step: number; readonly path: string }
  | { readonly event: 'resumed'; readonly fromStep: number }
  | { readonly event: 'note'; readonly message: string }
  | { readonly event: 'stopped'; readonly step: number; readonly resume: string }
  | { readonly event: 'failed'; readonly message: string; readonly step?: number; readonly code?: string }
  | { readonly event: 'done'; readonly run: string; readonly adapter: string };

/** One line of `samples.jsonl` a step: which rows it learned from, and what each cost. */
export interface SamplesLine {
  readonly step: number;
  /** Row numbers in the training file, counted from 0. */
  readonly rows: readonly number[];
  /** Sum of the row's token losses divided by its supervised tokens. */
  readonly losses: readonly number[];
  readonly tokens: readonly number[];
  readonly supervised: readonly number[];
}

/** A held-out row that is answered at each evaluation. */
export interface SampleQuestion {
  /** Counted from 0 in its file. */
  readonly row: number;
  /** As the model reads it, special tokens included. */
  readonly prompt: string;
  readonly wanted: string;
}

export interface SampleAnswer {
  readonly text: string;
  /** It was stopped, not ended by the model. */
  readonly cut?: boolean;
}

/** One line of `answers.jsonl`: step 0 has the questions and the base's answers, each later one the adapter's. */
export interface AnswersLine {
  readonly step: number;
  readonly questions?: readonly SampleQuestion[];
  /** In the order of the questions. */
  readonly answers: readonly SampleAnswer[];
}

/** What base and adapter answered so far; lists in the order of `questions`. */
export interface Samples {
  readonly questions: readonly SampleQuestion[];
  readonly base: readonly SampleAnswer[];
  /** By ascending step. */
  readonly given: readonly { readonly step: number; readonly answers: readonly SampleAnswer[] }[];
}

/** `run.json`: replaced atomically, never appended to. Times are UTC in ISO form. */
export interface RunRecord {
  readonly id: string;
  readonly name: string;
  readonly variant?: string;
  readonly status: RunStatus;
  readonly created: string;
  readonly updated: string;
  readonly config: string;
  readonly seed: number;
  readonly device: string;
  /** Processor and threads; absent in older runs. */
  readonly machine?: string;
  readonly step: number;
  readonly steps: number;
  readonly loss?: number;
  /** Least validation loss so far. */
  readonly bestLoss?: number;
  readonly message?: string;
  readonly adapter?: string;
  readonly parent?: string;
  /** The sweep that made it. */
  readonly sweep?: string;
  readonly trainable?: number;
  readonly frozen?: number;
  readonly estimatedBytes?: number;
  readonly peakBytes?: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly git?: {
    readonly commit: string;
    readonly branch: string;
    readonly dirty: boolean;
    readonly patch?: string;
  };
  /** SHA-256 of the content of data files and the base, by role ("train", "validation", "base"). */
  readonly hashes: Readonly<Record<string, string>>;
}

/** How fast a run's last steps were, and what decided it. */
export interface RunSpeed {
  /** What people call the run: its name, else its id. */
  readonly run: string;
  /** Absolute. */
  readonly base: string;
  readonly device: string;
  readonly memory: MemoryPolicy;
  readonly method: MethodConfig;
  /** Numbers of the adapter that were trained, and those that stayed as they started. */
  readonly adapter: number;
  readonly frozen: number;
  /** Of a step: in the middle of the last ones. */
  readonly secondsPerToken: number;
  /** Of a step: in the mean. */
  readonly tokens: number;
  /** Share of the tokens that were trained. */
  readonly labelled: number;
  /** Tokens of the row that a token stood in, in the mean over tokens. */
  readonly rowTokens: number;
}
