/** @file LoRAM's smaller base of a run: pruned, aligned and opened from the run's folder. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { providerOf } from '../config/options.ts';
import type { ResolvedConfig } from '../contract/config.ts';
import type { RunEvent } from '../contract/run.ts';
import { formatBytes, formatCount } from '../contract/format.ts';
import { smallerBaseOf } from '../methods/index.ts';
import type { SmallerBase } from '../methods/method.ts';
import { wholeLayers } from '../methods/parts/smallerBaseKeys.ts';
import { openBase } from '../model/base.ts';
import type { Base } from '../model/decoder.ts';
import { manifestFile, wholeShapes } from '../model/prune/manifest.ts';
import { keptShares, storageReport } from '../model/prune/storage.ts';
import type { PruneManifest } from '../model/prune/manifest.ts';
import { requireCodes } from '../model/quantize/quantizedBase.ts';
import type { TokenRow } from '../train/batch.ts';
import type { EngineOptions } from '../train/engine.ts';
import { Weights } from '../train/weights.ts';
import { alignBase, alignRows } from './alignBase.ts';
import { pruneBase } from './pruneBase.ts';
import type { PruneRequest } from './pruneBase.ts';
import { openPruned } from './pruneFolder.ts';
import type { OpenedPruned } from './pruneFolder.ts';
import type { SharedParts } from './sharedParts.ts';
import { engineOptions } from './training.ts';
import type { TrainingSetup } from './training.ts';

/** Folders of a run: what was pruned, and what was trained on further. */
const PRUNED = 'pruned';
const ALIGNED = 'aligned';

function requestOf(smaller: SmallerBase, layers: number, seed: number): PruneRequest {
  const { prune, ratio, quantization } = smaller;
  return {
    method: prune,
    ratio,
    ...wholeLayers(smaller, layers),
    seed,
    ...(quantization && { quantization }),
  };
}

export interface OnSmallerBase extends TrainingSetup {
  /** Whose adapter it will be. */
  readonly original: Base;
  readonly manifest: PruneManifest;
  /** By linear: how much of it stayed. */
  readonly facts: ReadonlyMap<string, { readonly kept: number }>;
}

interface Scene {
  readonly config: ResolvedConfig;
  readonly setup: TrainingSetup;
  readonly parts: SharedParts;
  /** Of the run. */
  readonly folder: string;
  readonly threads?: number;
  /** What was said at the beginning isn't said again. */
  readonly resumed?: boolean;
  readonly emit: (event: RunEvent) => void;
}

/**
 * The setup on the smaller base, made in the run's folder unless it is there already or the config names one.
 * Throws what pruning and opening throws; disposing closes what was opened here, the rest is the setup's own.
 */
export async function onSmallerBase(scene: Scene): Promise<OnSmallerBase | undefined> {
  const { config, setup } = scene;
  const smaller = smallerBaseOf(config.method);
  if (!smaller) return undefined;
  const { base, manifest } = await openOrPrune(scene, smaller);
  requireCodes(base.spec, providerOf(config.device));
  if (scene.resumed !== true) scene.emit({ event: 'note', message: savedWords(setup.base, base, manifest) });
  return {
    ...setup,
    base,
    original: setup.base,
    manifest,
    facts: new Map(
      [...keptShares(setup.base.spec, base.spec, zerosOf(manifest))].map(([path, kept]) => [path, { kept }]),
    ),
    [Symbol.dispose]: () => {
      base.tensors.close();
    },
  };
}

const zerosOf = ({ method, ratio }: PruneManifest): number => (wholeShapes(method) ? ratio : 0);

/** What the smaller base saves, as the literature counts it and in bytes that are held. */
function savedWords(original: Base, trained: Base, manifest: PruneManifest): string {
  const report = storageReport(original.spec, trained.spec, zerosOf(manifest));
  const { parameters, nominal, held } = report;
  return `Trains on ${formatCount(parameters.trained)} of ${formatCount(parameters.original)} parameters: nominally ${nominal.reduction.toFixed(2)} times smaller (${formatBytes(nominal.bytes)}); its weights really take ${formatBytes(held.trained)} of memory here instead of ${formatBytes(held.original)}.`;
}

async function openOrPrune(scene: Scene, smaller: SmallerBase): Promise<OpenedPruned> {
  const { config, folder, emit } = scene;
  const places = [smaller.pruned, join(folder, ALIGNED), join(folder, PRUNED)];
  const wanted = smaller.alignSteps > 0 ? places.slice(0, 2) : [places[0], places[2]];
  const there = wanted.find(
    (place) => place !== undefined && (place === smaller.pruned || existsSync(place)),
  );
  // closing a pruned base closes the file it reads: the setup keeps its own
  if (there !== undefined) return openPruned(openBase(config.base), join(there, manifestFile));
  const { seed } = config.training;
  const whole = requestOf(smaller, scene.setup.base.spec.layers.length, seed);
  // what is aligned is kept in full until then
  const { quantization: _codes, ...full } = whole;
  const request = smaller.alignSteps > 0 ? full : whole;
  // mistakes in them show before anything is pruned
  const rows = await alignRows(config, scene.setup, smaller, scene.parts);
  const engine = scoringEngine(scene);
  const batches = scoreBatches(scene, smaller.scoreRows);
  const note = (message: string): void => {
    emit({ event: 'note', message });
  };
  note(`Prunes the base: ${smaller.prune}, ratio ${smaller.ratio}.`);
  const opened = await pruneBase(openBase(config.base), request, {
    engine,
    batches,
    folder: join(folder, PRUNED),
  });
  if (smaller.alignSteps === 0) return opened;
  note(`Aligns the pruned base for ${smaller.alignSteps} steps.`);
  const { base, manifest, losses } = await alignBase({
    ...scene,
    opened,
    rows,
    smaller,
    engine: {
      ...engine,
      // its rows may be longer than those of the training
      ...engineOptions(config, { ...scene.setup, ...rows }),
      weights: new Weights(opened.base, engine.device),
    },
    folder: join(folder, ALIGNED),
  });
  note(
    `The pruned base was aligned in ${smaller.alignSteps} steps: its loss went from ${losses.first.toPrecision(4)} to ${losses.last.toPrecision(4)}.`,
  );
  return { base, manifest };
}

/** The original's weights are read as they are needed: they are gone when training begins. */
function scoringEngine({ config, setup, parts, threads = availableParallelism() }: Scene): EngineOptions {
  const device = parts.device({ provider: providerOf(config.device), threads });
  return {
    ...engineOptions(config, setup),
    device,
    weights: new Weights(setup.base, device, undefined, false),
  };
}

/** The first rows of the file as micro-batches of the training's size. */
function scoreBatches({ config: { training }, setup: { train } }: Scene, rows: number): TokenRow[][] {
  const count = Math.min(train.rows, rows);
  return Array.from({ length: Math.ceil(count / training.batch) }, (_, i) =>
    Array.from({ length: Math.min(training.batch, count - i * training.batch) }, (_row, k) =>
      train.read(i * training.batch + k),
    ),
  );
}
