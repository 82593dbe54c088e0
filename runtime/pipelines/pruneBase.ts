/** @file Prunes a base as LoRAM does and writes what training needs of it into a folder (arXiv:2502.13533). */
import { join } from 'node:path';
import type { TensorToWrite } from '../formats/safetensors.ts';
import type { Base, WeightCodes } from '../model/decoder.ts';
import { manifestFile, wholeShapes } from '../model/prune/manifest.ts';
import type { PruneMethod } from '../model/prune/manifest.ts';
import { requirePrunable } from '../model/prune/prunable.ts';
import type { PrunePlan } from '../model/prune/units.ts';
import { maskedTensor } from '../model/prune/weightsFile.ts';
import type { TokenRow } from '../train/batch.ts';
import type { EngineOptions } from '../train/engine.ts';
import { openPruned, writePruned } from './pruneFolder.ts';
import type { OpenedPruned } from './pruneFolder.ts';
import { randomPlan, taylorPlan } from './pruneUnits.ts';
import { sparsify } from './sparsify.ts';

export interface PruneRequest {
  readonly method: PruneMethod;
  readonly ratio: number;
  /** Layers left whole at the beginning and at the end; semi and unstructured prune all. */
  readonly first: number;
  readonly last: number;
  readonly seed: number;
  readonly quantization?: WeightCodes;
}

export interface PruneScene {
  readonly engine: EngineOptions;
  /** Micro-batches that scores and calibration are taken over; random pruning needs none. */
  readonly batches: readonly (readonly TokenRow[])[];
  /** A folder that does not exist yet. */
  readonly folder: string;
}

/** Numbers of gradients that may exist at the same time. */
const LARGEST_GRADIENTS = 16e6;

/** Throws what choosing units, calibration and writing throw; nothing is left then. */
export async function pruneBase(
  original: Base,
  request: PruneRequest,
  { engine, batches, folder }: PruneScene,
): Promise<OpenedPruned> {
  const { method, ratio, seed, quantization } = request;
  const layers = original.spec.layers.length;
  const [start, end] = wholeShapes(method) ? [0, layers] : [request.first, layers - request.last];
  requirePrunable(original.spec, method, { ratio, start, end });
  const tensors: TensorToWrite[] = [];
  let plan: PrunePlan = new Map();
  if (method === 'random') plan = randomPlan(original, { ratio, start, end }, seed);
  else if (method === 'structured')
    plan = await taylorPlan(
      { base: original, engine, batches, seed, largest: LARGEST_GRADIENTS },
      { ratio, start, end },
    );
  else
    await sparsify(
      { base: original, engine, batches },
      method === 'semi' ? { kind: 'semi' } : { kind: 'unstructured', ratio },
      (name, sparse) => tensors.push(...maskedTensor(name, sparse)),
    );
  const pruned = { method, ratio: method === 'semi' ? 0.5 : ratio, seed, start, end, plan };
  await writePruned(folder, original, { ...pruned, ...(quantization && { quantization }) }, tensors);
  return openPruned(original, join(folder, manifestFile));
}
