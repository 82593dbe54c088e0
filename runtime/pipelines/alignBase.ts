/** @file LoRAM's alignment: the pruned base itself goes on training for some steps, on all tokens of the rows (arXiv:2502.13533). */
import { join } from 'node:path';
import type { ResolvedConfig } from '../contract/config.ts';
import { readingOptions } from '../data/dataset.ts';
import type { SmallerBase } from '../methods/method.ts';
import { openBase } from '../model/base.ts';
import { manifestFile } from '../model/prune/manifest.ts';
import { alignedTensors } from '../model/prune/aligned.ts';
import { Engine } from '../train/engine.ts';
import type { EngineOptions } from '../train/engine.ts';
import { trainLoop } from '../train/loop.ts';
import { Sampler } from '../train/sampler.ts';
import { Updater } from '../train/update.ts';
import { namedTensors, startValues } from './adapterModel.ts';
import { openPruned, writePruned } from './pruneFolder.ts';
import type { OpenedPruned } from './pruneFolder.ts';
import type { SharedParts } from './sharedParts.ts';
import type { TrainingSetup } from './training.ts';

export interface AlignScene {
  readonly config: ResolvedConfig;
  readonly setup: TrainingSetup;
  readonly opened: OpenedPruned;
  readonly rows: AlignRows;
  readonly smaller: SmallerBase;
  readonly engine: EngineOptions;
  /** Where the aligned base goes; it does not exist yet. */
  readonly folder: string;
}

export type AlignRows = Pick<TrainingSetup, 'train' | 'sampler'>;

/** The rows of `alignData`, read by their own columns; else those of the training. Throws what reading them throws. */
export async function alignRows(
  config: ResolvedConfig,
  setup: TrainingSetup,
  { alignData: file }: SmallerBase,
  parts: SharedParts,
): Promise<AlignRows> {
  if (file === undefined) return setup;
  const { format: _format, columns: _columns, ...data } = config.data;
  const reading = readingOptions({ ...config, data }, setup.base.spec, setup.tokenizer);
  const train = await parts.data(config.base, { ...reading, file });
  const { shuffle } = config.data;
  const rows = Array.from({ length: train.rows }, (_, row) => row);
  const sampler = new Sampler(rows, (row) => train.length(row), { ...config.training, shuffle });
  return { train, sampler };
}

/** AdamW under a cosine, without decay; throws what training throws, and nothing is left then. */
export async function alignBase({
  config,
  setup,
  opened,
  rows: { train, sampler },
  smaller,
  engine: options,
  folder,
}: AlignScene): Promise<
  OpenedPruned & { readonly losses: { readonly first: number; readonly last: number } }
> {
  const { base, manifest } = opened;
  const training = {
    ...config.training,
    optimizer: 'adamw',
    learningRate: smaller.alignRate,
    schedule: 'cosine',
    weightDecay: 0,
    evaluateEvery: 0,
    checkpointEvery: 0,
    patience: 0,
  } as const;
  const losses: number[] = [];
  {
    using engine = new Engine(base, { linears: new Map(), saved: alignedTensors(base.spec) }, options);
    using updater = new Updater(options.device, training);
    const parameters = await engine.model.parameters();
    await startValues(parameters, (name) => base.tensors.readFloat32(name), 0);
    for (const part of parameters) await updater.prepare(part);
    await trainLoop({
      engine,
      updater,
      parameters,
      sampler,
      config: training,
      steps: smaller.alignSteps,
      packing: config.data.packing,
      // continued pre-training: each token is learned from those before it
      readRow: (row) => {
        const read = train.read(row);
        return { ...read, mask: new Uint8Array(read.ids.length).fill(1, 1) };
      },
      rowNumber: (row) => train.source(row),
      state: { step: 0, waited: 0 },
      shouldStop: () => false,
      onStep: ({ loss }) => {
        losses.push(loss);
      },
      onEvaluation: () => undefined,
      onCheckpoint: () => Promise.resolve(),
      onBest: () => Promise.resolve(),
    });
    const tensors = (await namedTensors(parameters, 'values')).map((tensor) => ({
      dtype: 'F32' as const,
      ...tensor,
    }));
    const { method, ratio, seed, start, end, plan } = manifest;
    const { quantization } = smaller;
    await writePruned(
      folder,
      setup.base,
      {
        method,
        ratio,
        seed,
        start,
        end,
        plan,
        alignedSteps: smaller.alignSteps,
        ...(quantization && { quantization }),
      },
      tensors,
    );
  }
  // what was pruned goes: the aligned base reads the original's file for itself
  base.tensors.close();
  const aligned = await openPruned(openBase(config.base), join(folder, manifestFile));
  return { ...aligned, losses: { first: losses[0]!, last: losses.at(-1)! } };
}
