/** @file What the parts of one training run share. */
import type { ResolvedConfig } from '../contract/config.ts';
import type { RunEvent } from '../contract/run.ts';
import type { Base } from '../model/decoder.ts';
import type { RunRecorder } from '../runs/record.ts';
import type { Engine } from '../train/engine.ts';
import type { EngineOptions } from '../train/engine.ts';
import type { Parameters } from '../train/parameters.ts';
import type { Updater } from '../train/update.ts';
import type { AdapterToWrite } from './adapterFiles.ts';
import type { SharedParts } from './sharedParts.ts';
import type { TrainingSetup } from './training.ts';

export interface FinetuneOptions {
  /** For a resumed run: read from its folder, this is ignored. */
  readonly config: ResolvedConfig;
  readonly configText: string;
  readonly configFile: string;
  readonly variant?: string;
  /** Folder of a run to go on with. */
  readonly resume?: string;
  /** Ends the run after its current step, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Threads of arithmetic on the CPU; all that the system gives where absent. */
  readonly threads?: number;
  /** The sweep that the run belongs to. */
  readonly sweep?: string;
  /** What runs of this process share; absent, the run opens everything for itself. */
  readonly parts?: SharedParts;
  /** The run has a folder now. */
  readonly onFolder?: (folder: string) => void;
  readonly onEvent: (event: RunEvent) => void;
}

/** What a run's parts share while it goes on. */
export interface RunScene {
  readonly options: FinetuneOptions;
  readonly parts: SharedParts;
  readonly setup: TrainingSetup;
  readonly recorder: RunRecorder;
  readonly engine: Engine;
  readonly updater: Updater;
  readonly adapter: AdapterToWrite;
  readonly trained: readonly Parameters[];
  /** What the adapter is for and is judged on: what is trained, or the original of a smaller base. */
  readonly model: {
    readonly base: Base;
    readonly engine: Engine;
    readonly options: EngineOptions;
    readonly recover?: () => Promise<void>;
  };
  readonly emit: (event: RunEvent) => void;
}
